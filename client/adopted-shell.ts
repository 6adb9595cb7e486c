// Shells that are found by their ids: the entry that holds them already, a name for a new one, and whose shell answered.
import type { Verdict } from "../shared/notice.js";
import type { ShellInfo } from "../shared/rpc.js";
import type { DaemonConnection } from "./daemon/daemon-connection.js";

/** The service says whose shell it is right after the connect, or, in an older dialect, never. */
const VERDICT_LIMIT_MS = 3_000;
const LOOK_EVERY_MS = 50;

/** The shell that has these ids, when agentd holds it and it is not over. */
export function holderOf(
  shells: readonly ShellInfo[],
  runtimeSessionId: string | undefined,
  shellId: string | undefined,
): ShellInfo | undefined {
  return shells.find(
    (shell) =>
      shell.shellId === shellId &&
      shell.runtimeSessionId === runtimeSessionId &&
      shell.state !== "ended" &&
      shell.state !== "gone",
  );
}

/** The runtime's own name without the service's random ending, and a number where that is taken. */
export function nameFor(runtime: string, taken: Iterable<string>): string {
  const id = runtime.split("/").at(-1) ?? runtime;
  const words = id.replace(/-[A-Za-z0-9]{10}$/, "").replaceAll(/[^A-Za-z0-9._-]/g, "-");
  const base = words.replace(/^[-.]+/, "").slice(0, 56) || "shell";
  const names = new Set(taken);
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!names.has(name)) return name;
  }
}

/** Whose shell has answered, as soon as that is known; `unknown` when the service does not say. */
export async function verdictOf(connection: DaemonConnection, shell: ShellInfo): Promise<Verdict> {
  const deadline = performance.now() + VERDICT_LIMIT_MS;
  let { verdict } = shell;
  while ((verdict === undefined || verdict === "unknown") && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    verdict = (await connection.call("shell.info", { name: shell.name })).shell.verdict;
  }
  return verdict ?? "unknown";
}
