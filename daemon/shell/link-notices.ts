// Which notice the clients get for what happens to the link. Pure.
import type { Notice } from "../../shared/notice.js";
import type { LinkEvent } from "../upstream/link.js";
import type { ShellState } from "./shell-state.js";

export interface LinkHistory {
  /** The shell was live before in this process. */
  readonly again: boolean;
  /** The last loss was a planned one: a return to the same shell, with nothing lost, is not worth a word. */
  readonly planned: boolean;
}

/** The notice for a link event, or undefined when there is nothing to say. */
export function noticeOf(event: LinkEvent, history: LinkHistory): Notice | undefined {
  const notice = plainNotice(event, history.again);
  const isHarmless = notice?.kind === "back" && notice.verdict === "same" && notice.bytesLost === 0;
  if (history.planned && isHarmless && notice.heldDiscarded === undefined) return undefined;
  return notice;
}

function plainNotice(event: LinkEvent, again: boolean): Notice | undefined {
  switch (event.kind) {
    case "connecting":
      return undefined;
    case "live":
      // Whether it is the same shell may be known only with a confirmation: then the notice comes with that.
      if (!again || event.verdict === "first" || event.verdict === "unknown") return undefined;
      return {
        kind: "back",
        verdict: event.verdict,
        bytesLost: event.gap ?? 0,
        ...(event.heldDiscarded === undefined ? {} : { heldDiscarded: event.heldDiscarded }),
      };
    case "confirmed":
      if (event.verdict === "first") return undefined;
      return {
        kind: "back",
        verdict: event.verdict,
        bytesLost: event.bytesDropped,
        ...(event.heldDiscarded === undefined ? {} : { heldDiscarded: event.heldDiscarded }),
      };
    case "lost": {
      const { attempt, reason, retryAt, planned } = event;
      if (planned) return undefined;
      return { kind: "lost", attempt, reason, ...retryTime(retryAt) };
    }
    case "needs-credentials":
      return { kind: "waiting", reason: "credentials", message: event.message };
    case "capacity":
      return { kind: "waiting", reason: "capacity", message: event.message };
  }
}

/** What a client is told that comes while the shell is not live, or undefined when there is nothing to tell. */
export function noticeOfState(state: ShellState): Notice | undefined {
  switch (state.kind) {
    case "taken":
      return { kind: "taken" };
    case "reconnecting": {
      const { attempt, reason, retryAt } = state;
      return { kind: "lost", attempt, reason, ...retryTime(retryAt) };
    }
    case "needs-credentials":
      return { kind: "waiting", reason: "credentials", message: state.message };
    case "capacity":
      return { kind: "waiting", reason: "capacity", message: state.message };
    default:
      return undefined;
  }
}

/** What a client is told before it is sent away, or undefined while the shell is not over. */
export function lastNotice(state: ShellState, createdAt: number): Notice | undefined {
  if (state.kind === "gone") return { kind: "gone", message: state.message };
  if (state.kind !== "ended") return undefined;
  return { kind: "ended", exit: state.exit, durationMs: Math.max(0, state.endedAt - createdAt) };
}

function retryTime(retryAt: number | undefined): { retryAt?: string } {
  return retryAt === undefined ? {} : { retryAt: new Date(retryAt).toISOString() };
}
