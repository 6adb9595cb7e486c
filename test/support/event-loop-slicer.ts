// The slicer as the daemon has it: turns of the event loop, and real time.
import { Slicer } from "../../daemon/terminal/slicer.js";

export function eventLoopSlicer(): Slicer {
  return new Slicer({
    schedule: setImmediate,
    now: () => performance.now(),
    delay: (callback, delayMs) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
  });
}
