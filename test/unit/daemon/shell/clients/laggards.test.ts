import { describe, expect, it } from "vitest";
import { Laggards } from "../../../../../daemon/shell/clients/laggards.js";
import { VirtualClock } from "../../../../support/virtual-clock.js";

const MIB = 1024 * 1024;

function world() {
  const clock = new VirtualClock();
  const told: boolean[] = [];
  return { clock, told, laggards: new Laggards(clock, (high) => told.push(high)) };
}

describe("Laggards", () => {
  it("lets the shell wait for a client that reads, until little is left", async () => {
    const { clock, told, laggards } = world();
    const client = {};
    laggards.report(client, 1 * MIB);
    expect(told).toEqual([]);
    for (let left = 3 * MIB; left > 0.5 * MIB; left -= 100_000) {
      laggards.report(client, left);
      await clock.advance(250);
    }
    expect(told).toEqual([true]);
    laggards.report(client, 0.4 * MIB);
    expect(told).toEqual([true, false]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("gives up a client that has stopped after 300 ms, and waits for it again only when it has caught up", async () => {
    const { clock, told, laggards } = world();
    const client = {};
    laggards.report(client, 3 * MIB);
    await clock.advance(299);
    laggards.report(client, 3.1 * MIB);
    expect(told).toEqual([true]);
    await clock.advance(1);
    expect(told).toEqual([true, false]);
    laggards.report(client, 4 * MIB);
    laggards.report(client, 3 * MIB);
    expect(told).toEqual([true, false]);
    laggards.report(client, 0);
    laggards.report(client, 3 * MIB);
    expect(told).toEqual([true, false, true]);
  });

  it("waits for several, and not for one that has left", async () => {
    const { told, clock, laggards } = world();
    const [one, two] = [{}, {}];
    laggards.report(one, 3 * MIB);
    laggards.report(two, 3 * MIB);
    laggards.report(one, 0);
    expect(told).toEqual([true]);
    laggards.report(two, 0);
    expect(told).toEqual([true, false]);
    expect(clock.pendingTimers).toBe(0);
  });
});
