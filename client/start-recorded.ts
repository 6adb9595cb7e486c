// Started by the build alone, as start.ts by users: at the end it writes V8's code cache of all that was compiled by then.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadClient } from "./load-client.js";

// The first word is the cache's name; the client sees the others only.
const [cacheName = ""] = process.argv.splice(2, 1);
const directory = import.meta.dirname;
const script = loadClient(directory, cacheName);
process.on("exit", () => writeFileSync(join(directory, cacheName), script.createCachedData()));
