// The last words of a client that fails, when its terminal has been given back.
import { writeSync } from "node:fs";

/** Past every stream, which this process does not live to see empty. Never throws. */
export function writeCrash(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  try {
    writeSync(2, `agentd failed: ${text}\n`);
  } catch {
    // Nobody is there to read it.
  }
}
