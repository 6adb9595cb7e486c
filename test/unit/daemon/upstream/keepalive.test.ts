import { describe, expect, it } from "vitest";
import { Keepalive } from "../../../../daemon/upstream/keepalive.js";
import { VirtualClock } from "../../../support/virtual-clock.js";

function make() {
  const clock = new VirtualClock();
  const log: string[] = [];
  const note = (what: string) => log.push(`${what} ${clock.monotonic() / 1000}`);
  const keepalive = new Keepalive({ clock, sendPing: () => note("ping"), onDead: () => note("dead") });
  return { clock, log, keepalive };
}

describe("Keepalive", () => {
  it("pings every 15 s as long as pongs come, and lives", async () => {
    const { clock, log, keepalive } = make();
    for (let i = 0; i < 240; i++) {
      await clock.advance(15_000);
      keepalive.handleInbound();
    }
    expect(log.length).toBe(240);
    expect(log.at(-1)).toBe("ping 3600");
  });

  it("is dead 10 s after a ping without any answer", async () => {
    const { clock, log } = make();
    await clock.advance(120_000);
    expect(log).toEqual(["ping 15", "dead 25"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("takes any message for an answer, and still pings", async () => {
    const { clock, log, keepalive } = make();
    for (let i = 0; i < 60; i++) {
      await clock.advance(1_000);
      keepalive.handleInbound();
    }
    expect(log).toEqual(["ping 15", "ping 30", "ping 45", "ping 60"]);
  });

  it("asks 2 s after typing that nothing answered, and then waits 5 s", async () => {
    const { clock, log, keepalive } = make();
    await clock.advance(1_000);
    keepalive.handleInput(1);
    keepalive.handleInput(1);
    await clock.advance(60_000);
    expect(log).toEqual(["ping 3", "dead 8"]);
  });

  it("does not ask when the typing was answered", async () => {
    const { clock, log, keepalive } = make();
    keepalive.handleInput(1);
    await clock.advance(500);
    keepalive.handleInbound();
    await clock.advance(14_000);
    expect(log).toEqual([]);
  });

  it("waits 60 s for a server that may have stopped reading a paste", async () => {
    const { clock, log, keepalive } = make();
    keepalive.handleInput(100_000);
    await clock.advance(120_000);
    expect(log).toEqual(["ping 2", "dead 62"]);
  });

  it("is as strict as ever once a pong proves that the paste was read", async () => {
    const { clock, log, keepalive } = make();
    keepalive.handleInput(100_000);
    await clock.advance(3_000);
    keepalive.handleControl();
    await clock.advance(60_000);
    expect(log).toEqual(["ping 2", "ping 17", "dead 27"]);
  });

  it("does not take output for a proof that a paste was read", async () => {
    const { clock, log, keepalive } = make();
    keepalive.handleInput(100_000);
    await clock.advance(3_000);
    keepalive.handleInbound();
    await clock.advance(120_000);
    expect(log).toEqual(["ping 2", "ping 17", "dead 77"]);
  });

  it("never declares a connection dead that is not being read", async () => {
    const { clock, log, keepalive } = make();
    keepalive.hold();
    await clock.advance(60_000);
    expect(log.filter((line) => line.startsWith("dead"))).toEqual([]);
    keepalive.release();
    await clock.advance(60_000);
    expect(log.filter((line) => line.startsWith("dead")).length).toBe(1);
  });

  it("gives a process that was stopped the time to read what came meanwhile", async () => {
    const { clock, log, keepalive } = make();
    await clock.advance(15_000);
    clock.freeze(60_000);
    await clock.advance(500);
    expect(log).toEqual(["ping 15"]);
    keepalive.handleInbound();
    await clock.advance(5_000);
    expect(log.filter((line) => line.startsWith("dead"))).toEqual([]);
  });

  it("leaves no timer behind", () => {
    const { clock, keepalive } = make();
    keepalive.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});
