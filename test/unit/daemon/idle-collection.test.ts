import { describe, expect, it } from "vitest";
import { collectWhenIdle, ownHeap } from "../../../daemon/idle-collection.js";
import { VirtualClock } from "../../support/virtual-clock.js";

const MIB = 1024 * 1024;

describe("the collection of garbage", () => {
  it("happens when the heap has grown and nothing is going on, once for what has grown", async () => {
    const clock = new VirtualClock();
    let used = 10 * MIB;
    let busy = 0;
    let collections = 0;
    const stop = collectWhenIdle({
      clock,
      usedBytes: () => used,
      utilization: () => busy,
      collect: () => {
        collections++;
        used = 12 * MIB;
      },
    });
    await clock.advance(10_000);
    expect(collections).toBe(0);
    used = 30 * MIB;
    busy = 0.5;
    await clock.advance(10_000);
    expect(collections).toBe(0);
    busy = 0.01;
    await clock.advance(10_000);
    expect(collections).toBe(1);
    used = 15 * MIB;
    await clock.advance(10_000);
    expect(collections).toBe(1);
    stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it("is left to V8 where Node was started without the means", () => {
    expect(ownHeap()).toBeUndefined();
  });
});
