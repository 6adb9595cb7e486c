// Time as the daemon's logic sees it: handed in, so that the same code runs under a virtual clock.
import { performance } from "node:perf_hooks";

export interface Clock {
  /** Wall clock, milliseconds since 1970; may jump. For showing and for signing, never for measuring. */
  now(): number;
  /** Milliseconds from an arbitrary start; never jumps. */
  monotonic(): number;
  /** Calls `callback` once after `delayMs`; the returned function cancels that. */
  setTimeout(callback: () => void, delayMs: number): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
