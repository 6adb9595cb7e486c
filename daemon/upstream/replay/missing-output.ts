// Which time's output may be missing after a reattach to a server that does not count it. Pure.
import type { Uncertainty } from "../aftermath.js";
import { type Clock, type Moment, momentOf } from "../clock.js";
import type { LinkEvent, TimeSpan } from "../link.js";
import type { ReplayDecision } from "./replay-resolver.js";

/** What the shell is told of a decision. */
export function replayedEvent(
  decision: Pick<ReplayDecision, "kind">,
  before: Uncertainty | undefined,
  clock: Pick<Clock, "now" | "monotonic">,
): Extract<LinkEvent, { kind: "replayed" }> {
  const missing = missingOutput(decision, before, momentOf(clock));
  return {
    kind: "replayed",
    ambiguous: decision.kind === "ambiguous",
    ...(missing === undefined ? {} : { missing }),
  };
}

/** A link that was lost while nothing was printed for so long before lost nothing, unless it was dead for a while. */
const QUIET_MS = 1_000;
const DEAD_MS = 2_000;

/**
 * A server that replays only what came since it noticed the loss has written off what it sent before, into a connection that
 * was dead already; no count and no gap shows that. An overlap proves that nothing of this kind happened.
 * @returns wall clock milliseconds
 */
export function missingOutput(
  decision: Pick<ReplayDecision, "kind">,
  before: Uncertainty | undefined,
  now: Moment,
): TimeSpan | undefined {
  if (decision.kind === "overlap" || before === undefined) return undefined;
  const { lastOutputAt, outputInDoubtSince: since } = before;
  if (decision.kind === "gap") {
    const outputAgeMs = lastOutputAt === undefined ? 0 : before.endedAt.ms - lastOutputAt;
    const ageMs = since === undefined ? age(before.endedAt, now) + outputAgeMs : age(since, now);
    return spanOf(ageMs, now);
  }
  if (since === undefined) return undefined;
  const wasPrinting = lastOutputAt !== undefined && since.ms - lastOutputAt < QUIET_MS;
  const ageMs = age(since, now);
  return wasPrinting || ageMs >= DEAD_MS ? spanOf(ageMs, now) : undefined;
}

/** A machine that sleeps stops the monotonic clock, a person sets the wall clock: what says most is right, or harmless. */
function age(then: Moment, now: Moment): number {
  const awakeMs = now.ms - then.ms;
  return Math.max(awakeMs + (now.gainedMs ?? 0) - (then.gainedMs ?? 0), now.wallMs - then.wallMs);
}

function spanOf(ageMs: number, now: Moment): TimeSpan {
  return { from: Math.round(now.wallMs - ageMs), to: Math.round(now.wallMs) };
}
