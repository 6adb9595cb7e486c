// Lets a flood grow for a moment before it is parsed: most of it may be out of sight before anybody looks.
import type { Slicer } from "./slicer.js";

/** Less than this is parsed at once. */
const FLOOD_BYTES = 32 * 1024;
/** So long, or so much, a flood may grow; less when waiting did not help the last time: whoever attaches waits for all of it. */
const PATIENCE_MS = 200;
const PATIENCE_BYTES = 6 * 1024 * 1024;
const VAIN_PATIENCE_BYTES = 512 * 1024;

/** Invariant: while `mayWait` answers true, a call of `onDue` is on its way. */
export class Patience {
  readonly #slicer: Pick<Slicer, "delay">;
  readonly #onDue: () => void;
  /** Bytes from the head of what waits that are to be parsed without waiting for more. */
  #dueBytes = 0;
  #limitBytes = PATIENCE_BYTES;
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
    if (bytes >= this.#limitBytes) {
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

  /** A look at what had waited let so many bytes be left out. */
  learn(leftOut: number): void {
    this.#limitBytes = leftOut > 0 ? PATIENCE_BYTES : VAIN_PATIENCE_BYTES;
    this.advance(leftOut);
  }

  /** So many bytes have been parsed. */
  advance(count: number): void {
    this.#dueBytes = Math.max(0, this.#dueBytes - count);
  }

  stop(): void {
    this.#cancel?.();
  }
}
