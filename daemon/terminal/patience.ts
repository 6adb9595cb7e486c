// Lets a flood grow for a moment before it is parsed: most of it may be out of sight before anybody looks.
import type { Slicer } from "./slicer.js";

/** Less than this is parsed at once. */
const FLOOD_BYTES = 32 * 1024;
/** So long, or so much, a flood may grow. */
const PATIENCE_MS = 200;
const PATIENCE_BYTES = 3 * 1024 * 1024;

/** Invariant: while `mayWait` answers true, a call of `onDue` is on its way. */
export class Patience {
  readonly #slicer: Pick<Slicer, "delay">;
  readonly #onDue: () => void;
  /** Bytes from the head of what waits that are to be parsed without waiting for more. */
  #dueBytes = 0;
  #cancel: (() => void) | undefined;

  /** @param onDue it has waited long enough */
  constructor(slicer: Pick<Slicer, "delay">, onDue: () => void) {
    this.#slicer = slicer;
    this.#onDue = onDue;
  }

  /** Whether `pending` bytes that nobody waits for may wait for more. */
  mayWait(pending: () => number): boolean {
    const bytes = pending();
    if (this.#dueBytes > 0 || bytes < FLOOD_BYTES) return false;
    if (bytes >= PATIENCE_BYTES) {
      this.#dueBytes = bytes;
      return false;
    }
    this.#cancel ??= this.#slicer.delay(() => {
      this.#cancel = undefined;
      this.#dueBytes = pending();
      this.#onDue();
    }, PATIENCE_MS);
    return true;
  }

  /** So many bytes have been dealt with. */
  advance(count: number): void {
    this.#dueBytes = Math.max(0, this.#dueBytes - count);
  }

  stop(): void {
    this.#cancel?.();
  }
}
