import { describe, expect, it } from "vitest";
import { StallWatch } from "../../../daemon/stall-watch.js";
import { VirtualClock } from "../../support/virtual-clock.js";

describe("StallWatch", () => {
  it("counts and tells how long the event loop stood still, and is quiet while it runs", async () => {
    const clock = new VirtualClock();
    const told: number[] = [];
    const watch = new StallWatch(clock, (ms) => told.push(ms));
    await clock.advance(60_000);
    expect(watch.stalls).toBe(0);
    clock.freeze(150);
    await clock.advance(1000);
    expect(watch.stalls).toBe(0);
    clock.freeze(450);
    await clock.advance(1000);
    clock.freeze(5000);
    await clock.advance(1000);
    expect(watch.stalls).toBe(2);
    expect(told).toEqual([350, 4900]);
    watch.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});
