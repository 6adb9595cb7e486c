// When a shell was last active, and how often that is told.
import { beforeEach, describe, expect, it } from "vitest";
import { Activity } from "../../../../daemon/shell/activity.js";
import { OutputWatchers } from "../../../../daemon/shell/output/output-watchers.js";
import { VirtualClock } from "../../../support/virtual-clock.js";

describe("activity", () => {
  let clock: VirtualClock;
  let output: OutputWatchers;
  let told: (number | undefined)[];
  let isHeard: boolean;
  let activity: Activity;

  beforeEach(() => {
    clock = new VirtualClock();
    output = new OutputWatchers();
    told = [];
    isHeard = true;
    activity = new Activity(clock, output, () => {
      if (isHeard) told.push(activity.at);
      return isHeard;
    });
  });

  const print = (replayed = false) => output.tell(new Uint8Array([65]), replayed);

  it("is unknown before anything was printed or typed", () => {
    expect(activity.at).toBeUndefined();
  });

  it("is told at once after a pause, then once a second, and for the last byte", async () => {
    const began = clock.now();
    print();
    expect(told).toEqual([began]);
    for (let frame = 0; frame < 25; frame++) {
      await clock.advance(100);
      print();
    }
    await clock.advance(5000);
    expect(told).toEqual([began, began + 900, began + 1900, began + 2500]);
    expect(clock.pendingTimers).toBe(0);
    print();
    expect(told.at(-1)).toBe(began + 7500);
  });

  it("is no activity when a server sends again what it sent before", () => {
    print(true);
    expect(activity.at).toBeUndefined();
    expect(told).toEqual([]);
  });

  it("costs no timer while nobody listens", () => {
    isHeard = false;
    print();
    expect(activity.at).toBe(clock.now());
    expect(clock.pendingTimers).toBe(0);
  });

  it("is not told after the end", () => {
    print();
    activity.stop();
    print();
    expect(told).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });
});
