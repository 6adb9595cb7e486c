import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { Milestone } from "../../../../daemon/shell/milestone.js";
import { VirtualClock } from "../../../support/virtual-clock.js";

it("is waited for until it is reached, and no longer than that", async () => {
  const clock = new VirtualClock();
  const milestone = new Milestone();
  const waited = Promise.all([milestone.reached, milestone.within(1_000, clock)]);
  milestone.reach();
  await waited;
  await milestone.within(1_000, clock);
  expect(clock.pendingTimers).toBe(0);
});

it("keeps nothing of those who have waited in vain", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const clock = new VirtualClock();
  const milestone = new Milestone();
  const waits = Array.from({ length: 10 }, () => new WeakRef(milestone.within(500, clock)));
  await clock.advance(500);
  // What a WeakRef was made of is kept until the turn is over.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(waits.filter((wait) => wait.deref() !== undefined)).toEqual([]);
  milestone.reach();
});
