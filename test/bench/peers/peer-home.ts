// The directory of one peer, and what still runs in it: found by the variable that everything there inherits.
import { readdirSync, readFileSync, rmSync } from "node:fs";

/** Living processes that have `variable=value` in their environment and `program` in their command line. */
export function processesIn(variable: string, value: string, program: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(program)) return false;
        return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`${variable}=${value}`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Living processes whose command line holds each of `words`. */
export function processesWith(...words: readonly string[]): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "latin1");
        return words.every((word) => line.includes(word));
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Ends what was started in `home`, and removes it. */
export function clearHome(home: string): void {
  for (const pid of processesIn("AGENTD_BENCH_HOME", home, "")) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
