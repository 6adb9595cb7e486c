// A moment that comes once, and that others can wait for.
import type { Clock } from "../upstream/clock.js";

export class Milestone {
  readonly reached: Promise<void>;
  /** Says that the moment has come; later calls change nothing. */
  readonly reach: () => void;

  constructor() {
    let reach: () => void = () => {};
    this.reached = new Promise((resolve) => {
      reach = resolve;
    });
    this.reach = () => reach();
  }

  /** Resolves when it is reached, or after `limitMs`. */
  within(limitMs: number, clock: Pick<Clock, "setTimeout">): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.setTimeout(resolve, limitMs);
      this.reached.then(() => {
        cancel();
        resolve();
      });
    });
  }
}
