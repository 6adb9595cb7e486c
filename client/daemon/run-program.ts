// Runs another of agentd's programs in this process: same pid, so that a supervisor watches the right one.
import { createRequire } from "node:module";
import { programPath } from "./daemon-launch.js";

/**
 * Loads the program with `args` as its command line. It decides when this process ends; the promise never resolves.
 * @throws AgentdError `daemon_unavailable` when the file is missing.
 */
export async function runProgram(
  file: "daemon.cjs" | "runtime.cjs" | "tui.cjs",
  args: readonly string[],
): Promise<never> {
  const path = programPath(file);
  process.argv.splice(1, process.argv.length - 1, path, ...args);
  // Not import(): the client is a script that came out of a code cache, and scripts cannot import.
  createRequire(path)(path);
  return new Promise<never>(() => {});
}
