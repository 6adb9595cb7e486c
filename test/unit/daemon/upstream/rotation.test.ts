// When a connection is renewed: within its server's limit, in a pause of the output when there is one.
import { describe, expect, it } from "vitest";
import { Rotation } from "../../../../daemon/upstream/rotation.js";
import { VirtualClock } from "../../../support/virtual-clock.js";

/** Ages at which the renewal was due, with output every `outputEveryMs`. */
async function dueAt(ttlMs: number, random: number, outputEveryMs: number): Promise<number[]> {
  const clock = new VirtualClock();
  const ages: number[] = [];
  const rotation = new Rotation({ clock, ttlMs, random, onDue: (ageMs) => ages.push(ageMs) });
  for (let at = 0; at < ttlMs; at += outputEveryMs) {
    rotation.handleOutput();
    await clock.advance(outputEveryMs);
  }
  return ages;
}

describe("a planned renewal", () => {
  it.each([
    ["the service's hour", 3_600_000, 0, 3_600_000, 3_000_000],
    ["the service's hour, spread", 3_600_000, 1, 3_600_000, 3_420_000],
    ["a limit of three seconds", 3_000, 0, 3_000, 2_500],
    ["a limit of three seconds, spread", 3_000, 1, 3_000, 2_850],
  ])("comes at once in a quiet shell: %s", async (_name, ttlMs, random, every, age) => {
    expect(await dueAt(ttlMs, random, every)).toEqual([age]);
  });

  it.each([
    [3_600_000, 1_000, 3_420_000],
    [3_000, 50, 2_850],
  ])("comes at the latest moment when the output never pauses (limit %d ms)", async (ttlMs, every, age) => {
    expect(await dueAt(ttlMs, 0, every)).toEqual([age]);
  });

  it("waits for a pause of a thirtieth of a short limit", async () => {
    expect(await dueAt(3_000, 0, 110)).toEqual([2_520]);
  });
});
