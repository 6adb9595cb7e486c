// A sliding window over the frames of one connection.

/** Says when more than `limit` frames fall into any `windowMs`. Holds `limit` times, no more. */
export class FrameRate {
  readonly #windowMs: number;
  readonly #times: Float64Array;
  #next = 0;

  constructor(limit: number, windowMs: number) {
    this.#windowMs = windowMs;
    this.#times = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY);
  }

  /** Counts a frame at `nowMs` (never decreasing); false when it is one too many. */
  admit(nowMs: number): boolean {
    const oldest = this.#times[this.#next] ?? Number.NEGATIVE_INFINITY;
    this.#times[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.#times.length;
    return nowMs - oldest >= this.#windowMs;
  }
}
