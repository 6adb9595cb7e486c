// Notices a replay that fills the server's ring although it was let through at once: what came before it may be missing.
import { FULL_SHARE, QUIET_MS, RING_BYTES } from "./replay-resolver.js";

/**
 * For a decision that was made before the replay's length was known (`fresh`, from a server that repeats nothing). Counts
 * only, withholds nothing; a flood of live output right behind the attach looks the same, so it says "may", not "is".
 */
export class OverflowWatch {
  #left: number;
  #lastMs: number;

  /** @param seenBytes of the replay that the decision already let through. */
  constructor(options: { readonly ringBytes?: number; readonly seenBytes: number; readonly nowMs: number }) {
    this.#left = (options.ringBytes ?? RING_BYTES) * FULL_SHARE - options.seenBytes;
    this.#lastMs = options.nowMs;
  }

  /** True once the burst is over, or has been reported: no more needs to be pushed. */
  get done(): boolean {
    return this.#left <= 0;
  }

  /** Output went through. @returns true at most once: when the burst has become as long as a full ring. */
  push(bytes: number, nowMs: number): boolean {
    if (this.done) return false;
    if (nowMs - this.#lastMs >= QUIET_MS) {
      this.#left = 0;
      return false;
    }
    this.#lastMs = nowMs;
    this.#left -= bytes;
    return this.done;
  }
}
