import { describe, expect, it } from "vitest";
import { eventLoopDelays, StallWatch } from "../../../daemon/stall-watch.js";
import { VirtualClock } from "../../support/virtual-clock.js";

describe("StallWatch", () => {
  it("counts and tells how long the event loop stood still, and is quiet while it runs", async () => {
    const clock = new VirtualClock();
    const told: number[] = [];
    let longest = 201;
    const take = () => {
      const taken = longest;
      longest = 201;
      return taken;
    };
    const watch = new StallWatch(clock, take, (ms) => told.push(ms));
    await clock.advance(60_000);
    expect(watch.stalls).toBe(0);
    longest = 350;
    await clock.advance(2000);
    expect(watch.stalls).toBe(0);
    longest = 550;
    await clock.advance(2000);
    longest = 5100;
    expect(watch.stalls).toBe(2);
    expect(told).toEqual([350, 4900]);
    watch.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it("sees this very process stand still", async () => {
    const take = eventLoopDelays();
    const ticks = () => new Promise((resolve) => setTimeout(resolve, 450));
    await ticks();
    take();
    const until = performance.now() + 700;
    while (performance.now() < until);
    await ticks();
    expect(take()).toBeGreaterThan(600);
  });
});
