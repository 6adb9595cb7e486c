// The file that users start: loads the client with V8's code cache, so that nothing of it is compiled at every start.
import { loadClient } from "./load-client.js";

/** Made by the build; its name tells which client it is of. */
declare const CACHE_NAME: string;

loadClient(import.meta.dirname, CACHE_NAME);
