// What a shell is called now, for a client that comes back to it after the daemon was away.
import { AgentdError } from "../shared/errors.js";
import type { ShellInfo } from "../shared/rpc.js";

/**
 * It may have been renamed, or its server may have given it another id; its old name may be another shell's, which must not get
 * what was typed for this one. The old name when it is not there at all: whoever uses that is told so.
 * @throws AgentdError `shell_not_found` when another shell has its name.
 */
export function presentName(
  shells: readonly ShellInfo[],
  { createdAt, name, runtimeSessionId, shellId }: ShellInfo,
): string {
  const namesake = shells.find((shell) => shell.name === name);
  const same =
    shells.find((shell) => shell.shellId === shellId && shell.runtimeSessionId === runtimeSessionId) ??
    (namesake?.createdAt === createdAt ? namesake : undefined);
  if (same === undefined && namesake !== undefined)
    throw new AgentdError("shell_not_found", `shell '${name}' is gone · another one has its name now`);
  return same?.name ?? name;
}
