// Clients that want every byte and read more slowly than their shell prints: whether it should wait for them a little.
import type { Clock } from "../../upstream/clock.js";

/** So much waits for one of them, and the shell waits too; below the low mark it goes on. A quarter of a client's backlog. */
const HIGH_BYTES = 2 * 1024 * 1024;
const LOW_BYTES = 512 * 1024;
/** A client of which nothing was read for so long does not read. */
const PATIENCE_MS = 300;

interface Laggard {
  bytes: number;
  cancel: () => void;
}

/**
 * Invariants: the shell waits only while each of those for whom it waits goes on reading; a client that has stopped costs it
 * PATIENCE_MS once, and then falls behind.
 */
export class Laggards {
  readonly #clock: Clock;
  readonly #onPressure: (high: boolean) => void;
  readonly #awaited = new Map<object, Laggard>();
  /** Those who were waited for in vain. */
  readonly #givenUp = new WeakSet<object>();
  #isHigh = false;

  constructor(clock: Clock, onPressure: (high: boolean) => void) {
    this.#clock = clock;
    this.#onPressure = onPressure;
  }

  /** So many bytes wait for `client` now; 0 when it has left. */
  report(client: object, bytes: number): void {
    if (bytes < LOW_BYTES) {
      this.#givenUp.delete(client);
      this.#forget(client);
    } else if (!this.#givenUp.has(client)) this.#await(client, bytes);
    this.#balance();
  }

  #await(client: object, bytes: number): void {
    const known = this.#awaited.get(client);
    if (known === undefined && bytes <= HIGH_BYTES) return;
    if (known !== undefined && bytes >= known.bytes) {
      known.bytes = bytes;
      return;
    }
    known?.cancel();
    const giveUp = () => {
      this.#givenUp.add(client);
      this.#forget(client);
      this.#balance();
    };
    this.#awaited.set(client, { bytes, cancel: this.#clock.setTimeout(giveUp, PATIENCE_MS) });
  }

  #forget(client: object): void {
    this.#awaited.get(client)?.cancel();
    this.#awaited.delete(client);
  }

  #balance(): void {
    const isHigh = this.#awaited.size > 0;
    if (isHigh === this.#isHigh) return;
    this.#isHigh = isHigh;
    this.#onPressure(isHigh);
  }
}
