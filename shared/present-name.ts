// Which shell is the one that was known before: for clients that come back to it after the daemon was away.
import { AgentdError } from "./errors.js";
import type { ShellInfo } from "./rpc.js";

/** What tells a shell from every other one. */
export type KnownShell = Pick<ShellInfo, "createdAt" | "name" | "runtimeSessionId" | "shellId">;

/**
 * It may have been renamed, or its server may have given it another id; its old name may be another shell's, which must not get
 * what was typed for this one.
 */
export function sameShell(
  shells: Iterable<ShellInfo>,
  { createdAt, name, runtimeSessionId, shellId }: KnownShell,
): ShellInfo | undefined {
  let namesake: ShellInfo | undefined;
  for (const shell of shells) {
    if (shell.shellId === shellId && shell.runtimeSessionId === runtimeSessionId) return shell;
    if (shell.name === name && shell.createdAt === createdAt) namesake = shell;
  }
  return namesake;
}

/**
 * What it is called now; the old name when it is not there at all: whoever uses that is told so.
 * @throws AgentdError `shell_not_found` when another shell has its name.
 */
export function presentName(shells: readonly ShellInfo[], known: KnownShell): string {
  const same = sameShell(shells, known);
  if (same === undefined && shells.some(({ name }) => name === known.name))
    throw new AgentdError("shell_not_found", `shell '${known.name}' is gone · another one has its name now`, {
      details: { namesake: true },
    });
  return same?.name ?? known.name;
}
