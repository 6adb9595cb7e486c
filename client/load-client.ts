// Runs the client of a folder, with what V8 remembers of it from the build.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";

/** The client, as one function of what a module of Node's gets. */
type Client = (require: NodeJS.Require, module: NodeJS.Module, exports: unknown, directory: string) => void;

/** @param cacheName of a file beside the client; without it, and with one of another Node or other flags, the client starts slower. */
export function loadClient(directory: string, cacheName: string): Script {
  const filename = join(directory, "client.js");
  // The bundle is ASCII: one byte per character is what V8 reads fastest.
  const source = readFileSync(filename, "latin1");
  const cachedData = readCache(join(directory, cacheName));
  const script = new Script(source, { filename, ...(cachedData === undefined ? {} : { cachedData }) });
  (script.runInThisContext() as Client)(require, module, exports, directory);
  return script;
}

function readCache(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
