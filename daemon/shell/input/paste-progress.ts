// Says how far a long paste has got, while it takes longer than a person waits without a word.
import type { Clock } from "../../upstream/clock.js";

const SAY_EVERY_MS = 2_000;
/** Less is no paste: a few keys that wait on a slow link are not worth a line. */
const PASTE_BYTES = 1024;

export interface PasteProgressOptions {
  readonly clock: Pick<Clock, "setTimeout">;
  /** Input bytes that were accepted and not sent yet; undefined while the link is down: nothing is being sent. */
  queuedBytes(): number | undefined;
  onProgress(sent: number, total: number): void;
}

/** Invariant: a timer is armed from the first byte of a burst until nothing of it waits any more. */
export class PasteProgress {
  readonly #options: PasteProgressOptions;
  #total = 0;
  #said = false;
  #cancel: (() => void) | undefined;

  constructor(options: PasteProgressOptions) {
    this.#options = options;
  }

  /** So many bytes were accepted. */
  accepted(bytes: number): void {
    this.#total += bytes;
    if (this.#cancel === undefined) this.#arm();
  }

  /** What waited is not sent any more: that has been said, and nothing of it is under way. */
  dropped(): void {
    this.stop();
    this.#reset();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    this.#cancel = this.#options.clock.setTimeout(() => {
      const queued = this.#options.queuedBytes();
      this.#cancel = undefined;
      if (queued === undefined || queued === 0) {
        // The line that promised a Ctrl-C to stop it must not stand there for ever.
        if (this.#said && queued === 0) this.#options.onProgress(this.#total, this.#total);
        this.#reset();
        return;
      }
      // What waited for the link counts as well.
      this.#total = Math.max(this.#total, queued);
      if (this.#total >= PASTE_BYTES) {
        this.#said = true;
        this.#options.onProgress(Math.max(0, this.#total - queued), this.#total);
      }
      this.#arm();
    }, SAY_EVERY_MS);
  }

  #reset(): void {
    this.#total = 0;
    this.#said = false;
  }
}
