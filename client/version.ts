// The version of this program, as package.json has it.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Read when asked for: package.json lies beside the folder of the program, built or not. */
export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8")) as {
    readonly version: string;
  };
  return version;
}
