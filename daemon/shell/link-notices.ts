// Which notice the clients get for what happens to the link. Pure.
import type { Notice } from "../../shared/notice.js";
import type { LinkEvent } from "../upstream/link.js";
import type { ShellState } from "./shell-state.js";

/** The notice for a link event, or undefined. @param again the shell was live before in this process. */
export function noticeOf(event: LinkEvent, again: boolean): Notice | undefined {
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
      const { attempt, reason, retryAt } = event;
      return {
        kind: "lost",
        attempt,
        reason,
        ...(retryAt === undefined ? {} : { retryAt: new Date(retryAt).toISOString() }),
      };
    }
    case "needs-credentials":
      return { kind: "waiting", reason: "credentials", message: event.message };
    case "capacity":
      return { kind: "waiting", reason: "capacity", message: event.message };
  }
}

/** What a client is told before it is sent away, or undefined while the shell is not over. */
export function lastNotice(state: ShellState, createdAt: number): Notice | undefined {
  if (state.kind === "gone") return { kind: "gone", message: state.message };
  if (state.kind !== "ended") return undefined;
  return { kind: "ended", exit: state.exit, durationMs: Math.max(0, state.endedAt - createdAt) };
}
