// Notices that this machine slept or this process was stopped: clocks that should go together have come apart.
import type { Clock } from "./clock.js";

const LOOK_EVERY_MS = 1_000;
/** Less is a busy machine. */
const SLEEP_MS = 5_000;

/**
 * In a suspend the monotonic clock stands still while the wall clock goes on; in a stop (SIGSTOP, a paused VM) both go on and
 * the timer is late. Either way more wall time has passed than was waited for. A wall clock that is set forward looks the
 * same, and costs one ping for each link; one that is set back is no sleep.
 * @returns how to stop watching.
 */
export function watchForWake(clock: Clock, onWake: (sleptMs: number) => void): () => void {
  let last = clock.now();
  let cancel = () => {};
  const look = () => {
    const now = clock.now();
    const sleptMs = now - last - LOOK_EVERY_MS;
    last = now;
    cancel = clock.setTimeout(look, LOOK_EVERY_MS);
    if (sleptMs > SLEEP_MS) onWake(sleptMs);
  };
  cancel = clock.setTimeout(look, LOOK_EVERY_MS);
  return () => cancel();
}
