// Renews a connection before the service's one hour is over, at a moment when nobody notices.
import type { Clock } from "./clock.js";

/** From the protocol: a connection is cut after 60 minutes. */
const SERVICE_TTL_MS = 60 * 60_000;

/** Age at which the server cuts a connection, milliseconds. */
export function ttlOf({ connectionTtlMs = SERVICE_TTL_MS }: { readonly connectionTtlMs?: number }): number {
  return connectionTtlMs;
}

/** Shares of the limit between which a renewal is due: 50 and 57 minutes. Spread, so that shells opened together are not renewed together. */
const EARLIEST = 50 / 60;
const LATEST = 57 / 60;

/** Output pauses this long before a renewal, so that nothing is on its way; less when the limit itself is short. */
const QUIET_MS = 2_000;
const QUIET = 1 / 30;

export interface RotationOptions {
  readonly clock: Clock;
  /** Age at which the server cuts a connection. */
  readonly ttlMs: number;
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
    const due = EARLIEST + (LATEST - EARLIEST) * options.random;
    this.#cancel = options.clock.setTimeout(() => this.#tick(), options.ttlMs * due);
  }

  handleOutput(): void {
    this.#lastOutputAt = this.#options.clock.monotonic();
  }

  stop(): void {
    this.#cancel();
  }

  #tick(): void {
    const { clock, ttlMs } = this.#options;
    const now = clock.monotonic();
    const ageMs = now - this.#openedAt;
    const quietMs = Math.min(QUIET_MS, ttlMs * QUIET);
    const waitMs = Math.min(this.#lastOutputAt + quietMs - now, ttlMs * LATEST - ageMs);
    if (waitMs <= 0) this.#options.onDue(ageMs);
    else this.#cancel = clock.setTimeout(() => this.#tick(), waitMs);
  }
}
