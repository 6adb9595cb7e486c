// How long to wait before the next attempt to reach the daemon: 0.25 s, doubling up to 5 s.

const FIRST_MS = 250;
const LONGEST_MS = 5000;

/** Invariant: the waits grow to `LONGEST_MS` and start again after `reset`; each is shortened by up to a fifth, so that tabs spread. */
export class RetryDelays {
  readonly #random: () => number;
  #attempt = 0;

  /** @param random like Math.random. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Attempts since the last `reset`. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Milliseconds until the next attempt. */
  next(): number {
    const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.#attempt, 16));
    this.#attempt += 1;
    return Math.round(full * (1 - 0.2 * this.#random()));
  }

  reset(): void {
    this.#attempt = 0;
  }
}
