// How long a client tries to get back to a daemon that went away, and when it makes sense to.
import type { AgentdError } from "../../shared/errors.js";

/** How long to try. */
export const RECONNECT_LIMIT_MS = 10_000;
/** Pause between two tries. */
export const RECONNECT_PAUSE_MS = 200;
/** Whoever restarts the daemon starts the next one, with their environment; after this long somebody else has to. */
export const RESTART_PATIENCE_MS = 5000;

const PASSING: ReadonlySet<string> = new Set([
  "daemon_unavailable",
  "daemon_stopping",
  "too_busy",
  "timeout",
]);

/** Whether the next try may find it otherwise. */
export function mayPass({ code }: AgentdError): boolean {
  return PASSING.has(code);
}
