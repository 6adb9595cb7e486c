// Notices when the event loop stood still: nobody was served meanwhile, whatever the reason.
import type { Clock } from "./upstream/clock.js";

/** The distance of two looks at the clock. */
const TICK_MS = 100;
/** Later than this after its time, and somebody has felt it. */
const LATE_MS = 200;

/**
 * Counts stalls: every one longer than 300 ms, none shorter than 200 ms. A process that was stopped, and a machine that
 * slept while its clock went on, count as well.
 */
export class StallWatch {
  readonly #clock: Clock;
  readonly #onStall: (stalledMs: number) => void;
  #stalls = 0;
  #cancel: () => void = () => {};

  constructor(clock: Clock, onStall: (stalledMs: number) => void) {
    this.#clock = clock;
    this.#onStall = onStall;
    this.#tick();
  }

  /** How often, since the start. */
  get stalls(): number {
    return this.#stalls;
  }

  stop(): void {
    this.#cancel();
  }

  #tick(): void {
    const due = this.#clock.monotonic() + TICK_MS;
    this.#cancel = this.#clock.setTimeout(() => {
      const lateMs = this.#clock.monotonic() - due;
      if (lateMs > LATE_MS) {
        this.#stalls += 1;
        this.#onStall(Math.round(lateMs));
      }
      this.#tick();
    }, TICK_MS);
  }
}
