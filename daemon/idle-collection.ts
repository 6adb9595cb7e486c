// Gives back memory when there is time: V8 keeps garbage until its heap is large, and a daemon is idle most of its life.
import { performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Clock } from "./upstream/clock.js";

const LOOK_MS = 1000;
/** Less is not worth the 10 ms that a collection takes. */
const GROWN_BYTES = 4 * 1024 * 1024;
/** Part of the last second in which the event loop had work. */
const IDLE_UTILIZATION = 0.02;

export interface IdleCollectionOptions {
  readonly clock: Clock;
  /** Of the heap, now. */
  usedBytes(): number;
  /** Since the last call, 0 to 1. */
  utilization(): number;
  collect(): void;
}

/** The process as it is; undefined when it was started without `--expose-gc`. */
export function ownHeap(): Omit<IdleCollectionOptions, "clock"> | undefined {
  const { gc } = globalThis;
  if (gc === undefined) return undefined;
  let last = performance.eventLoopUtilization();
  return {
    usedBytes: () => getHeapStatistics().used_heap_size,
    utilization: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return utilization;
    },
    collect: () => gc(),
  };
}

/** Collects when the heap has grown and nothing is going on. @returns how to stop. */
export function collectWhenIdle({
  clock,
  usedBytes,
  utilization,
  collect,
}: IdleCollectionOptions): () => void {
  let base = usedBytes();
  let cancel = () => {};
  const look = () => {
    if (utilization() < IDLE_UTILIZATION && usedBytes() > base + GROWN_BYTES) {
      collect();
      base = usedBytes();
    }
    cancel = clock.setTimeout(look, LOOK_MS);
  };
  cancel = clock.setTimeout(look, LOOK_MS);
  return () => cancel();
}
