// The one error that says that no daemon runs: others that cannot be reached may well run.
import { AgentdError } from "../../shared/errors.js";

export function notRunning(): AgentdError {
  return new AgentdError("daemon_unavailable", "agentd is not running · agentd daemon start", {
    details: { running: false },
  });
}

/** False for a daemon that does not answer, does not let us in, or does not start. */
export function isNotRunning(error: unknown): boolean {
  return error instanceof AgentdError && error.details?.["running"] === false;
}
