// What the connections so far have left uncertain: which keys may not have arrived, and since when output may be missing.
import type { Moment } from "./clock.js";
import { isAnswerLost } from "./doubt.js";
import type { ConnectionEnd } from "./outcome.js";

/** What the end of a connection leaves uncertain. */
export interface Uncertainty {
  /** Typed bytes that were sent and that nothing proves to have arrived. */
  readonly inputInDoubt: number;
  /** What the server sent after this may not have arrived; undefined: everything has. */
  readonly outputInDoubtSince: Moment | undefined;
  /** Monotonic milliseconds. */
  readonly lastOutputAt: number | undefined;
  readonly endedAt: Moment;
}

/** Close code: another client, or an older upgrade of ours that arrived late, has the shell now. */
const TAKEN = 4000;

/** By then a replay has begun to arrive, if there was something to replay. */
const REPLAY_BEGINS_MS = 5_000;

/** Invariant: doubt about the time before a connection ends only with that connection's replay. */
export class Aftermath {
  #left: Uncertainty | undefined;

  /** Of output; undefined: nothing was ever connected. */
  get uncertainty(): Uncertainty | undefined {
    return this.#left;
  }

  /** An attempt, and the connection that it may have led to, has ended. */
  update(end: ConnectionEnd, left: Uncertainty): void {
    const before = this.#left;
    const ageMs = ageOf(end);
    if (ageMs !== undefined) {
      const seen = isSettled(ageMs, left) ? left : unsettled(ageMs, before, left);
      // From now on somebody else is given the output.
      const isTaken = end.kind === "closed" && end.code === TAKEN;
      const since = seen.outputInDoubtSince ?? (isTaken ? seen.endedAt : undefined);
      this.#left = { ...seen, outputInDoubtSince: since };
    } else if (isAnswerLost(end) && before !== undefined) {
      // It may have been answered, and the answer lost: then so is the output that the server sent behind it.
      this.#left = { ...before, outputInDoubtSince: before.outputInDoubtSince ?? before.endedAt };
    }
  }

  /** Typed bytes in doubt, as an event says them: once, and only if there are any. */
  takeInputInDoubt(): { readonly inDoubt?: number } {
    if (this.#left === undefined || this.#left.inputInDoubt === 0) return {};
    const { inputInDoubt: inDoubt } = this.#left;
    this.#left = { ...this.#left, inputInDoubt: 0 };
    return { inDoubt };
  }
}

/** How long the connection lived, also one that we let go ourselves; undefined: there was none. */
function ageOf(end: ConnectionEnd): number | undefined {
  return end.kind === "closed" || end.kind === "rotated" || end.kind === "stopped" ? end.ageMs : undefined;
}

/** Whether the replay of a connection that lived for `ageMs` must have arrived. */
function isSettled(
  ageMs: number,
  { endedAt, lastOutputAt, outputInDoubtSince = endedAt }: Uncertainty,
): boolean {
  const openedAtMs = endedAt.ms - ageMs;
  return lastOutputAt !== undefined || outputInDoubtSince.ms - openedAtMs >= REPLAY_BEGINS_MS;
}

/** What is left after a connection whose replay may not have come. */
function unsettled(ageMs: number, before: Uncertainty | undefined, left: Uncertainty): Uncertainty {
  return before === undefined ? fromItsBegin(ageMs, left) : sum(before, left);
}

/** The first connection may have lost everything: an answer to a ping proves nothing of output that had not been sent yet. */
function fromItsBegin(ageMs: number, left: Uncertainty): Uncertainty {
  const { endedAt, outputInDoubtSince } = left;
  const openedAt = { ms: endedAt.ms - ageMs, wallMs: endedAt.wallMs - ageMs };
  return outputInDoubtSince === undefined ? left : { ...left, outputInDoubtSince: openedAt };
}

/** The last connection may have lost even its replay, or was never attached: what the one before has left goes on. */
function sum(before: Uncertainty, left: Uncertainty): Uncertainty {
  const inputInDoubt = before.inputInDoubt + left.inputInDoubt;
  // Closed in order, it lost nothing of its own: nothing had been sent on it.
  const since = before.outputInDoubtSince ?? (left.outputInDoubtSince && before.endedAt);
  // What is missing was printed when nobody was listening: that it was quiet before says nothing any more.
  const lastOutputAt = since?.ms ?? before.lastOutputAt;
  // It may never have been attached: what a lost answer takes with it begins where the one before ended.
  return { inputInDoubt, outputInDoubtSince: since, lastOutputAt, endedAt: before.endedAt };
}
