// The file that users start: loads the client with V8's code cache, so that nothing of it is compiled at every start.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";

/** Both are made by the build; the cache's name tells which client it is of. */
const CLIENT = "client.js";
declare const CACHE_NAME: string;

/** The client, as one function of what a module of Node's gets. */
type Client = (require: NodeJS.Require, module: NodeJS.Module, exports: unknown, directory: string) => void;

const directory = import.meta.dirname;
const filename = join(directory, CLIENT);
// The bundle is ASCII: one byte per character is what V8 reads fastest.
const source = readFileSync(filename, "latin1");
// A cache of another version of Node, or with other flags, is refused by V8: then it is compiled as ever.
const cachedData = readCache();
const script = new Script(source, { filename, ...(cachedData === undefined ? {} : { cachedData }) });
(script.runInThisContext() as Client)(require, module, exports, directory);

function readCache(): Buffer | undefined {
  try {
    return readFileSync(join(directory, CACHE_NAME));
  } catch {
    return undefined;
  }
}
