import { describe, expect, it } from "vitest";
import { Keepalive } from "../../../../daemon/upstream/keepalive.js";
import { VirtualClock } from "../../../support/virtual-clock.js";

function make() {
  const clock = new VirtualClock();
  const log: string[] = [];
  const note = (what: string) => log.push(`${what} ${clock.monotonic() / 1000}`);
  let lastPing = 0;
  const keepalive = new Keepalive({
    clock,
    sendPing: (id) => {
      lastPing = id;
      note("ping");
    },
    onSilence: (forMs) => note(forMs === undefined ? "answers" : `silent for ${forMs / 1000} at`),
    onDead: () => note("dead"),
  });
  return { clock, log, keepalive, pong: () => keepalive.handlePong(lastPing) };
}

describe("Keepalive", () => {
  it("pings every 6 s as long as pongs come, and lives", async () => {
    const { clock, log, keepalive } = make();
    for (let i = 0; i < 600; i++) {
      await clock.advance(6_000);
      keepalive.handleInbound();
    }
    expect(log.length).toBe(600);
    expect(log.at(-1)).toBe("ping 3600");
  });

  it("finds a silent death within 12 s", async () => {
    const { clock, log } = make();
    await clock.advance(120_000);
    expect(log).toEqual(["ping 6", "silent for 9 at 9", "dead 12"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("takes any message for an answer, and still pings", async () => {
    const { clock, log, keepalive } = make();
    for (let i = 0; i < 60; i++) {
      await clock.advance(1_000);
      keepalive.handleInbound();
    }
    expect(log).toEqual(Array.from({ length: 10 }, (_, i) => `ping ${6 * (i + 1)}`));
  });

  it("asks 250 ms after typing, says that nothing answers after 3 s, and gives up after 5 s", async () => {
    const { clock, log, keepalive } = make();
    await clock.advance(1_000);
    keepalive.handleInput(1);
    keepalive.handleInput(1);
    await clock.advance(60_000);
    expect(log).toEqual(["ping 1.25", "silent for 4.25 at 4.25", "dead 6.25"]);
    expect(keepalive.inputInDoubt).toBe(2);
  });

  it("says when the answer comes after all", async () => {
    const { clock, log, keepalive, pong } = make();
    keepalive.handleInput(1);
    await clock.advance(4_000);
    pong();
    await clock.advance(1_000);
    expect(log).toEqual(["ping 0.25", "silent for 3.25 at 3.25", "answers 4"]);
  });

  it("pings at most four times a second, however much is typed, and then knows what has arrived", async () => {
    const { clock, log, keepalive, pong } = make();
    for (let i = 0; i < 200; i++) {
      keepalive.handleInput(1);
      await clock.advance(10);
      if (log.length > 0 && i % 25 === 0) pong();
    }
    expect(log.length).toBeLessThanOrEqual(8);
    await clock.advance(500);
    pong();
    expect(keepalive.inputInDoubt).toBe(0);
  });

  it("takes output for a sign of life, and not for a proof that input arrived", async () => {
    const { clock, keepalive } = make();
    keepalive.handleInput(7);
    for (let i = 0; i < 20; i++) {
      await clock.advance(1_000);
      keepalive.handleInbound();
    }
    expect(keepalive.inputInDoubt).toBe(7);
  });

  it("waits 60 s for a server that may have stopped reading a paste", async () => {
    const { clock, log, keepalive } = make();
    keepalive.handleInput(100_000);
    await clock.advance(120_000);
    expect(log.filter((line) => line.startsWith("dead"))).toEqual(["dead 60.25"]);
  });

  it("is as strict as ever once a pong proves that the paste was read", async () => {
    const { clock, log, keepalive, pong } = make();
    keepalive.handleInput(100_000);
    await clock.advance(3_000);
    pong();
    await clock.advance(60_000);
    expect(log).toEqual(["ping 0.25", "ping 6.25", "silent for 6.25 at 9.25", "dead 12.25"]);
  });

  it("does not take output for a proof that a paste was read", async () => {
    const { clock, log, keepalive } = make();
    keepalive.handleInput(100_000);
    await clock.advance(3_000);
    keepalive.handleInbound();
    await clock.advance(120_000);
    expect(log.at(-1)).toBe("dead 66.25");
  });

  it("asks at once after a sleep, and waits only 3 s", async () => {
    const { clock, log, keepalive } = make();
    await clock.advance(7_000);
    keepalive.probe();
    await clock.advance(60_000);
    expect(log.at(-1)).toBe("dead 10");
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

  it("takes no pause in reading for a sign of life", async () => {
    const { clock, keepalive } = make();
    await clock.advance(5_000);
    keepalive.handleInbound();
    keepalive.hold();
    await clock.advance(30_000);
    keepalive.release();
    expect(keepalive.lastInbound.ms).toBe(5_000);
  });

  it("gives a process that was stopped the time to read what came meanwhile", async () => {
    const { clock, log, keepalive } = make();
    await clock.advance(6_000);
    clock.freeze(60_000);
    await clock.advance(500);
    expect(log).toEqual(["ping 6"]);
    keepalive.handleInbound();
    await clock.advance(5_000);
    expect(log.filter((line) => line.startsWith("dead"))).toEqual([]);
  });

  it("leaves no timer behind", () => {
    const { clock, keepalive } = make();
    keepalive.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it("gives up on a dead link after much input, however long somebody goes on typing", async () => {
    const { clock, log, keepalive } = make();
    keepalive.handleInput(8 * 1024);
    for (let i = 0; i < 90 && clock.pendingTimers > 0; i++) {
      await clock.advance(2_000);
      if (clock.pendingTimers > 0) keepalive.handleInput(1);
    }
    expect(log.at(-1)).toBe("dead 60.25");
  });

  it("takes the end of a pause in reading for no sign of life", async () => {
    const { clock, log, keepalive } = make();
    await clock.advance(9_000);
    keepalive.release();
    keepalive.hold();
    await clock.advance(500);
    keepalive.release();
    expect(keepalive.lastInbound.ms).toBe(0);
    expect(log).toEqual(["ping 6", "silent for 9 at 9"]);
  });
});
