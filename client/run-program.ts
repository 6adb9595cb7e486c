// Runs another of agentd's programs in this process: same pid, so that a supervisor watches the right one.
import { pathToFileURL } from "node:url";
import { programPath } from "./daemon-launch.js";

/**
 * Loads the program with `args` as its command line. It decides when this process ends; the promise never resolves.
 * @throws AgentdError `daemon_unavailable` when the file is missing.
 */
export async function runProgram(
  file: "daemon.cjs" | "runtime.cjs",
  args: readonly string[],
): Promise<never> {
  const path = programPath(file);
  process.argv.splice(1, process.argv.length - 1, path, ...args);
  await import(pathToFileURL(path).href);
  return new Promise<never>(() => {});
}
