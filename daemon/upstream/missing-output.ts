// Which time's output may be missing after a reattach to a server that does not count it. Pure.
import type { Uncertainty } from "./aftermath.js";
import type { Clock } from "./clock.js";
import type { LinkEvent, TimeSpan } from "./link.js";
import type { ReplayDecision } from "./replay-resolver.js";

/** What the shell is told of a decision. */
export function replayedEvent(
  decision: Pick<ReplayDecision, "kind">,
  before: Uncertainty | undefined,
  clock: Pick<Clock, "now" | "monotonic">,
): Extract<LinkEvent, { kind: "replayed" }> {
  const nowMs = clock.monotonic();
  const aheadMs = clock.now() - nowMs;
  // Never too late: a sleep, or a clock that was set, lies between the two.
  const aheadThenMs = Math.min(before?.wallAheadMs ?? aheadMs, aheadMs);
  const missing = missingOutput(decision, before, nowMs, aheadMs - aheadThenMs);
  return {
    kind: "replayed",
    ambiguous: decision.kind === "ambiguous",
    ...(missing === undefined
      ? {}
      : { missing: { from: Math.round(missing.from + aheadThenMs), to: Math.round(missing.to + aheadMs) } }),
  };
}

/** A link that was lost while nothing was printed for so long before lost nothing, unless it was dead for a while. */
const QUIET_MS = 1_000;
const DEAD_MS = 2_000;

/**
 * A server that replays only what came since it noticed the loss has written off what it sent before, into a connection that
 * was dead already; no count and no gap shows that. An overlap proves that nothing of this kind happened.
 * @param nowMs monotonic milliseconds, as are the times of the result
 * @param sleptMs passed besides, while the monotonic clock stood still
 */
export function missingOutput(
  decision: Pick<ReplayDecision, "kind">,
  before: Uncertainty | undefined,
  nowMs: number,
  sleptMs = 0,
): TimeSpan | undefined {
  const since = before?.outputInDoubtSince;
  if (decision.kind === "overlap" || before === undefined) return undefined;
  if (decision.kind === "gap") return { from: since ?? before.lastOutputAt ?? before.endedAt, to: nowMs };
  if (since === undefined) return undefined;
  const wasPrinting = before.lastOutputAt !== undefined && since - before.lastOutputAt < QUIET_MS;
  return wasPrinting || nowMs - since + sleptMs >= DEAD_MS ? { from: since, to: nowMs } : undefined;
}
