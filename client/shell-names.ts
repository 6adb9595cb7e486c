// Errors about names of shells, with the name that was probably meant.
import { AgentdError } from "../shared/errors.js";
import { printable, suggestName } from "../shared/names.js";
import type { DaemonConnection } from "./daemon/daemon-connection.js";

/** The message for a name that no shell has. */
export function noSuchShell(name: string, names: Iterable<string>): string {
  const near = suggestName(name, names);
  const hint = near === undefined ? "agentd ls shows all" : `did you mean '${near}'?`;
  return `no shell '${printable(name)}' · ${hint}`;
}

/** Runs `call`; a `shell_not_found` comes back with a suggestion among the daemon's shells. */
export async function withSuggestion<T>(
  connection: DaemonConnection,
  name: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof AgentdError) || error.code !== "shell_not_found") throw error;
    const { shells } = await connection.call("shell.list", {});
    throw new AgentdError(
      "shell_not_found",
      noSuchShell(
        name,
        shells.map((shell) => shell.name),
      ),
      { cause: error },
    );
  }
}
