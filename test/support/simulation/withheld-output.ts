// What arrived on the present connection and was not passed on yet: one piece of one stream, which leaves in order.
import { BLOCK_BYTES, blockOffset, isCoded } from "./position-code.js";

/** A piece of a stream. */
export interface Piece {
  readonly stream: number;
  readonly from: number;
  readonly to: number;
}

/** Longest piece in which output that was withheld is passed on. */
const LONGEST_BYTES = 32 * 1024;

export class WithheldOutput {
  #piece: Piece | undefined;
  /** Monotonic milliseconds at which the oldest of it arrived. */
  since = 0;

  get piece(): Piece | undefined {
    return this.#piece;
  }

  get bytes(): number {
    return this.#piece === undefined ? 0 : this.#piece.to - this.#piece.from;
  }

  /** @returns false when it does not follow on what is withheld: then the simulation is wrong. */
  add(stream: number, from: number, length: number, nowMs: number): boolean {
    const before = this.#piece;
    if (before === undefined) this.since = nowMs;
    this.#piece = { stream, from: before?.from ?? from, to: from + length };
    return before === undefined || (before.stream === stream && before.to === from);
  }

  /** What was passed on leaves. @param mayDrop some of the start may be left out. @returns undefined when `payload` is not what comes next. */
  take(payload: Uint8Array, mayDrop: boolean): { passed: Piece; dropped: Piece } | undefined {
    if (this.#piece === undefined) return undefined;
    const { stream, from, to } = this.#piece;
    const at = mayDrop ? this.#startOf(payload) : from;
    if (at === undefined || at < from || at + payload.length > to || !isCoded(payload, stream, at))
      return undefined;
    const end = at + payload.length;
    this.#piece = end === to ? undefined : { stream, from: end, to };
    return { passed: { stream, from: at, to: end }, dropped: { stream, from, to: at } };
  }

  /** Nothing of it will be passed on. */
  drop(): Piece | undefined {
    const piece = this.#piece;
    this.#piece = undefined;
    return piece;
  }

  /** Everything that is left after a decision is passed on at once, in pieces as long as possible. */
  #startOf(payload: Uint8Array): number | undefined {
    const { stream, to } = this.#piece as Piece;
    if (payload.length < LONGEST_BYTES) return to - payload.length;
    for (let skipped = 0; skipped < BLOCK_BYTES; skipped++) {
      const offset = blockOffset(payload.subarray(skipped), stream);
      if (offset !== undefined) return offset - skipped;
    }
    return undefined;
  }
}
