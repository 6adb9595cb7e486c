// What the connections so far have left uncertain: which keys may not have arrived, and since when output may be missing.
import { isAnswerLost } from "./doubt.js";
import type { ConnectionEnd } from "./outcome.js";

/** What the end of a connection leaves uncertain. Times are monotonic milliseconds. */
export interface Uncertainty {
  /** Typed bytes that were sent and that nothing proves to have arrived. */
  readonly inputInDoubt: number;
  /** What the server sent after this may not have arrived; undefined: everything has. */
  readonly outputInDoubtSince: number | undefined;
  readonly lastOutputAt: number | undefined;
  readonly endedAt: number;
  /** Wall clock minus monotonic, when the connection last printed: while the machine sleeps, only the former goes on. */
  readonly wallAheadMs?: number | undefined;
}

/** Invariant: doubt ends only with a connection on which the server has shown that it had attached us. */
export class Aftermath {
  #left: Uncertainty | undefined;

  /** Of output; undefined: nothing was ever connected. */
  get uncertainty(): Uncertainty | undefined {
    return this.#left;
  }

  /** An attempt, and the connection that it may have led to, has ended. */
  update(end: ConnectionEnd, left: Uncertainty): void {
    const before = this.#left;
    if (end.kind === "closed" || end.kind === "rotated") {
      const isShort = end.kind === "closed" && !end.started;
      this.#left = before !== undefined && isShort ? sum(before, left) : left;
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

/** A connection without a word of the server's may never have been attached: what the one before has left goes on. */
function sum(before: Uncertainty, left: Uncertainty): Uncertainty {
  return {
    inputInDoubt: before.inputInDoubt + left.inputInDoubt,
    outputInDoubtSince: before.outputInDoubtSince ?? left.outputInDoubtSince ?? before.endedAt,
    lastOutputAt: left.lastOutputAt ?? before.lastOutputAt,
    endedAt: left.endedAt,
    wallAheadMs: before.wallAheadMs ?? left.wallAheadMs,
  };
}
