// Says how far a long paste has got, while it takes longer than a person waits without a word.
import type { Clock } from "../upstream/clock.js";

const SAY_EVERY_MS = 2_000;

export interface PasteProgressOptions {
  readonly clock: Pick<Clock, "setTimeout">;
  /** Input bytes that were accepted and not sent yet. */
  queuedBytes(): number;
  onProgress(sent: number, total: number): void;
}

/** Invariant: a timer is armed from the first byte of a burst until nothing of it waits any more. */
export class PasteProgress {
  readonly #options: PasteProgressOptions;
  #total = 0;
  #cancel: (() => void) | undefined;

  constructor(options: PasteProgressOptions) {
    this.#options = options;
  }

  /** So many bytes were accepted. */
  accepted(bytes: number): void {
    this.#total += bytes;
    if (this.#cancel === undefined) this.#arm();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    this.#cancel = this.#options.clock.setTimeout(() => {
      const queued = this.#options.queuedBytes();
      this.#cancel = undefined;
      if (queued === 0) {
        this.#total = 0;
        return;
      }
      // What waited for the link counts as well.
      this.#total = Math.max(this.#total, queued);
      this.#options.onProgress(Math.max(0, this.#total - queued), this.#total);
      this.#arm();
    }, SAY_EVERY_MS);
  }
}
