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

/** A time by both clocks: what lies between two moments of which the monotonic one knows nothing, the machine has slept. */
export interface Moment {
  /** Monotonic milliseconds. */
  readonly ms: number;
  /** Wall clock milliseconds. */
  readonly wallMs: number;
}

export function momentOf(clock: Pick<Clock, "now" | "monotonic">): Moment {
  return { ms: clock.monotonic(), wallMs: clock.now() };
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
