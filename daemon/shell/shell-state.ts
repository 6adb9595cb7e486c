// The states of a shell, and how the events of its link change them. Pure.
import type { ShellExit } from "../../shared/status.js";
import type { Ending, LinkEvent } from "../upstream/link.js";

export type ShellState =
  | { readonly kind: "starting" }
  | { readonly kind: "live"; readonly connectedAt: number }
  | {
      readonly kind: "reconnecting";
      readonly attempt: number;
      readonly reason: string;
      readonly retryAt?: number;
    }
  | { readonly kind: "needs-credentials"; readonly message: string }
  | { readonly kind: "capacity"; readonly message: string }
  | { readonly kind: "taken" }
  | { readonly kind: "asleep"; readonly since: number; readonly idleMs: number }
  | { readonly kind: "ended"; readonly exit: ShellExit; readonly endedAt: number }
  | { readonly kind: "gone"; readonly message: string; readonly endedAt: number };

/** The state after a link event. `now`: wall clock milliseconds. An ended shell stays ended. */
export function afterLink(state: ShellState, event: LinkEvent, now: number): ShellState {
  if (isOver(state)) return state;
  switch (event.kind) {
    case "connecting":
      // A shell that was never live is still starting; one that was says why it is not.
      return state.kind === "live" || state.kind === "taken" || state.kind === "asleep"
        ? { kind: "reconnecting", attempt: event.attempt, reason: "connecting" }
        : state;
    case "live":
      return { kind: "live", connectedAt: now };
    case "confirmed":
    case "discarded":
    case "replayed":
    case "silent":
      return state;
    case "lost": {
      const { attempt, reason, retryAt } = event;
      return { kind: "reconnecting", attempt, reason, ...(retryAt === undefined ? {} : { retryAt }) };
    }
    case "asleep":
      return event;
    case "needs-credentials":
    case "capacity":
      return { kind: event.kind, message: event.message };
  }
}

/** The state after the upstream's `run` has ended. `stopped` changes nothing: the shell lives on without us. */
export function afterEnding(state: ShellState, ending: Ending, now: number): ShellState {
  if (isOver(state)) return state;
  switch (ending.kind) {
    case "exited":
      return { kind: "ended", exit: ending.exit, endedAt: now };
    case "gone":
      return { kind: "gone", message: ending.error.message, endedAt: now };
    case "taken":
      return { kind: "taken" };
    case "stopped":
      return state;
  }
}

/** True when the shell's process is known to be gone. */
export function isOver(state: ShellState): state is Extract<ShellState, { kind: "ended" | "gone" }> {
  return state.kind === "ended" || state.kind === "gone";
}

/** Why the shell is not live, in words; undefined when there is nothing to say. */
export function reasonOf(state: ShellState): string | undefined {
  switch (state.kind) {
    case "reconnecting":
      return state.reason;
    case "needs-credentials":
    case "capacity":
    case "gone":
      return state.message;
    case "asleep":
      return `idle for ${hoursText(state.idleMs)} · attach wakes it`;
    case "ended":
      return state.exit.kind === "unknown" ? state.exit.message : undefined;
    default:
      return undefined;
  }
}

/** In the largest unit that it is a whole number of: `4h`, `90m`, `30s`. */
function hoursText(ms: number): string {
  const units = [
    ["h", 3_600_000],
    ["m", 60_000],
  ] as const;
  const [unit, size] = units.find(([, length]) => ms >= length && ms % length === 0) ?? ["s", 1000];
  return `${Math.round(ms / size)}${unit}`;
}
