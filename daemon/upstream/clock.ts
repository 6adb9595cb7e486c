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

/** A time by both clocks: while the machine sleeps, only the wall clock goes on, and only that one is set by a person. */
export interface Moment {
  /** Monotonic milliseconds. */
  readonly ms: number;
  /** Wall clock milliseconds. */
  readonly wallMs: number;
  /** What the wall clock has gained on the monotonic one since the start: all sleep, and what it was set forward. Default 0. */
  readonly gainedMs?: number;
}

/** The clocks count in different steps, and one of them is steered: what is less than this between two looks is no leap. */
const MIN_LEAP_MS = 1_000;

/** By clock: by how much the wall clock was ahead at the last moment, and what it had gained in all. */
const gains = new WeakMap<object, { aheadMs: number; gainedMs: number }>();

/** Every moment is also a look at both clocks: one that is set back later hides no sleep that came before, nor one that comes behind. */
export function momentOf(clock: Pick<Clock, "now" | "monotonic">): Moment {
  const [ms, wallMs] = [clock.monotonic(), clock.now()];
  const aheadMs = wallMs - ms;
  const before = gains.get(clock) ?? { aheadMs, gainedMs: 0 };
  const leapMs = aheadMs - before.aheadMs;
  const gain =
    Math.abs(leapMs) < MIN_LEAP_MS ? before : { aheadMs, gainedMs: before.gainedMs + Math.max(0, leapMs) };
  gains.set(clock, gain);
  return { ms, wallMs, gainedMs: gain.gainedMs };
}

/** Milliseconds that never go back, and go on while the machine sleeps: for what a person has forgotten by the morning. */
export function sleeplessMs(clock: Pick<Clock, "now" | "monotonic">): number {
  const { ms, gainedMs = 0 } = momentOf(clock);
  return ms + gainedMs;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
