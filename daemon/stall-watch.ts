// Notices when the event loop stood still: nobody was served meanwhile, whatever the reason.
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "./upstream/clock.js";

/** Measured by Node itself at this distance, without a turn of ours: a hundred idle shells cost no processor time. */
const TICK_MS = 200;
/** How often the measurement is looked at: each look wakes the processor. */
const LOOK_MS = 2000;
/** Later than this after its time, and somebody has felt it. */
const LATE_MS = 200;

/** The longest distance of two ticks, milliseconds; forgotten by the call that tells it when it was too long. */
export type TakeLongest = () => number;

export function eventLoopDelays(): TakeLongest {
  const histogram = monitorEventLoopDelay({ resolution: TICK_MS });
  histogram.enable();
  return () => {
    const longest = histogram.max / 1e6;
    // A reset loses the tick that follows it, and a stall that hides in that: only what has to be forgotten is.
    if (longest > TICK_MS + LATE_MS) histogram.reset();
    return longest;
  };
}

/**
 * Counts the looks that found that the loop had stood still: every time for longer than 400 ms, never for less than 200 ms. A process that
 * was stopped, and a machine that slept while its clock went on, count as well.
 */
export class StallWatch {
  readonly #clock: Clock;
  readonly #takeLongest: TakeLongest;
  readonly #onStall: (stalledMs: number) => void;
  #stalls = 0;
  #cancel: () => void = () => {};

  constructor(clock: Clock, takeLongest: TakeLongest, onStall: (stalledMs: number) => void) {
    this.#clock = clock;
    this.#takeLongest = takeLongest;
    this.#onStall = onStall;
    this.#arm();
  }

  /** How often, since the start. */
  get stalls(): number {
    this.#look();
    return this.#stalls;
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): void {
    this.#cancel = this.#clock.setTimeout(() => {
      this.#look();
      this.#arm();
    }, LOOK_MS);
  }

  #look(): void {
    const lateMs = this.#takeLongest() - TICK_MS;
    if (lateMs <= LATE_MS) return;
    this.#stalls += 1;
    this.#onStall(Math.round(lateMs));
  }
}
