// Renews a connection before the service's one hour is over, at a moment when nobody notices.
import type { Clock } from "./clock.js";

/** From the protocol: a connection is cut after 60 minutes. Spread, so that shells opened together are not renewed together. */
const EARLIEST_MS = 50 * 60_000;
const LATEST_MS = 57 * 60_000;

/** Output pauses this long before a renewal, so that nothing is on its way. */
const QUIET_MS = 2_000;

export interface RotationOptions {
  readonly clock: Clock;
  /** 0..1 */
  readonly random: number;
  /** Called once: after a pause in the output, or at the latest moment. */
  onDue(ageMs: number): void;
}

export class Rotation {
  readonly #options: RotationOptions;
  readonly #openedAt: number;
  #lastOutputAt: number;
  #cancel: () => void;

  constructor(options: RotationOptions) {
    this.#options = options;
    this.#openedAt = options.clock.monotonic();
    this.#lastOutputAt = this.#openedAt;
    const spread = (LATEST_MS - EARLIEST_MS) * options.random;
    this.#cancel = options.clock.setTimeout(() => this.#tick(), EARLIEST_MS + spread);
  }

  handleOutput(): void {
    this.#lastOutputAt = this.#options.clock.monotonic();
  }

  stop(): void {
    this.#cancel();
  }

  #tick(): void {
    const now = this.#options.clock.monotonic();
    const ageMs = now - this.#openedAt;
    const waitMs = Math.min(this.#lastOutputAt + QUIET_MS - now, LATEST_MS - ageMs);
    if (waitMs <= 0) this.#options.onDue(ageMs);
    else this.#cancel = this.#options.clock.setTimeout(() => this.#tick(), waitMs);
  }
}
