// The real clock with every delay divided by 20, so that tests over real sockets can wait for back-offs.
import { type Clock, systemClock } from "../../daemon/upstream/clock.js";

const FACTOR = 20;

/** `age` adds monotonic time without waiting: to a connection it looks as if it were that much older. */
export function fastClock(): Clock & { age(ms: number): void } {
  let added = 0;
  return {
    now: () => systemClock.now(),
    monotonic: () => systemClock.monotonic() * FACTOR + added,
    setTimeout: (callback, delayMs) => systemClock.setTimeout(callback, delayMs / FACTOR),
    age: (ms) => {
      added += ms;
    },
  };
}
