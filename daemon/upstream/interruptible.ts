// Waiting that can be cut short: for a time, or for a promise.
import type { Clock } from "./clock.js";

/** One wait at a time, ended by the clock, by `end`, or by a signal. */
export class InterruptibleWait {
  readonly #clock: Clock;
  #end: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wait(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener("abort", done);
        this.#end = undefined;
        resolve();
      };
      const cancel = this.#clock.setTimeout(done, delayMs);
      this.#end = done;
      signal.addEventListener("abort", done, { once: true });
      if (signal.aborted) done();
    });
  }

  /** Ends the present wait, if there is one. */
  end(): void {
    this.#end?.();
  }
}

/** Settles as `promise` does, or rejects with the signal's reason as soon as it aborts. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    const release = () => signal.removeEventListener("abort", abort);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(release);
  });
}
