import { expect, it } from "vitest";
import { watchForWake } from "../../../../daemon/upstream/wake-watch.js";
import { VirtualClock } from "../../../support/virtual-clock.js";

/** A machine whose clocks come apart: `suspend` moves only the wall clock, as Linux and macOS do. */
class Machine extends VirtualClock {
  #jumpMs = 0;
  override now(): number {
    return super.now() + this.#jumpMs;
  }
  suspend(ms: number): void {
    this.#jumpMs += ms;
  }
}

function make() {
  const machine = new Machine();
  const wakes: number[] = [];
  const stop = watchForWake(machine, (ms) => wakes.push(Math.round(ms / 1000)));
  return { machine, wakes, stop };
}

it.each([6_000, 60_000, 3_600_000, 72 * 3_600_000])(
  "a suspend of %i ms is noticed within a second",
  async (ms) => {
    const { machine, wakes } = make();
    await machine.advance(10_500);
    machine.suspend(ms);
    await machine.advance(1_000);
    expect(wakes).toEqual([ms / 1000]);
  },
);

it("a stopped process notices it when it goes on", async () => {
  const { machine, wakes } = make();
  await machine.advance(10_500);
  machine.freeze(90_000);
  await machine.advance(1_000);
  expect(wakes).toHaveLength(1);
});

it("a busy second, and a clock that is set back, are no sleep", async () => {
  const { machine, wakes } = make();
  machine.freeze(3_000);
  await machine.advance(5_000);
  machine.suspend(-3_600_000);
  await machine.advance(5_000);
  expect(wakes).toEqual([]);
});

it("leaves no timer behind", async () => {
  const { machine, stop } = make();
  await machine.advance(5_000);
  stop();
  expect(machine.pendingTimers).toBe(0);
});
