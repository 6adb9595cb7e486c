// A moment that comes once, and that others can wait for.
import type { Clock } from "../upstream/clock.js";

export class Milestone {
  readonly reached: Promise<void>;
  readonly #resolve: () => void;
  #isReached = false;
  /** Whoever waits only for a time: a promise would keep them for as long as it lives, also those that wait no more. */
  readonly #waiting = new Set<() => void>();

  constructor() {
    let resolve: () => void = () => {};
    this.reached = new Promise((resolveReached) => {
      resolve = resolveReached;
    });
    this.#resolve = resolve;
  }

  /** Says that the moment has come; later calls change nothing. */
  reach(): void {
    this.#isReached = true;
    this.#resolve();
    for (const done of this.#waiting) done();
  }

  /** Resolves when it is reached, or after `limitMs`. */
  async within(limitMs: number, clock: Pick<Clock, "setTimeout">): Promise<void> {
    if (this.#isReached) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        this.#waiting.delete(done);
        resolve();
      };
      const cancel = clock.setTimeout(done, limitMs);
      this.#waiting.add(done);
    });
  }
}
