// What to say when a shell could not be ended, or a change could not be saved.
import { AgentdError } from "../../shared/errors.js";
import type { Shell } from "./shell.js";
import { reasonOf } from "./shell-state.js";

/** The change stands in memory; who asked for it must know that a crash would undo it. */
export function notSaved(done: string, error: unknown): AgentdError {
  const { message } = AgentdError.from(error);
  return new AgentdError("state_unwritable", `${done}, but that is not saved yet: ${message}`, {
    cause: error,
  });
}

/** Why a shell could not be ended, with the way out. */
export function notEnded({ record, state }: Shell, error: AgentdError): AgentdError {
  const why = reasonOf(state) ?? error.message;
  const message = `shell '${record.name}' is not ended: ${why} · agentd kill --force ${record.name} forgets it all the same`;
  return new AgentdError("shell_not_live", message, { cause: error });
}
