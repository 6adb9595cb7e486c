// An upstream that rests: idle stop under a virtual clock with a real hub, and what is held or revoked while a microVM ends.
import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { Shell } from "../../../../daemon/shell/shell.js";
import type { ShellRecord } from "../../../../daemon/shell/state/shell-record.js";
import { TendedUpstream } from "../../../../daemon/upstream/tended-upstream.js";
import { AgentdError } from "../../../../shared/errors.js";
import { eventLoopSlicer } from "../../../support/event-loop-slicer.js";
import { CollectingSink, LOCAL_RECORD, ScriptedUpstream } from "../../../support/shell-rig.js";
import { settle, VirtualClock } from "../../../support/virtual-clock.js";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** A hub with an upstream that is tended; the link under it is the test's. */
function tendedShell(record: Partial<ShellRecord> = {}) {
  const clock = new VirtualClock();
  const made: { link?: ScriptedUpstream; tended?: TendedUpstream } = {};
  const saved: ShellRecord[] = [];
  const shell = new Shell(
    { ...LOCAL_RECORD, target: { kind: "agentcore", runtimeArn: "arn:x", region: "r" }, ...record },
    {
      clock,
      slicer: eventLoopSlicer(),
      scrollback: 100,
      neighbours: () => [],
      createUpstream: (request) => {
        made.tended = new TendedUpstream({
          clock,
          idleStopMs: request.record.idleStopMs,
          asleepSince: request.record.asleepSince,
          isUrgent: request.isUrgent,
          handlers: request.handlers,
          make: (handlers) => {
            made.link = new ScriptedUpstream({ ...request, handlers });
            return made.link;
          },
        });
        return made.tended;
      },
      onChange: () => {},
      onRecord: ({ record: changed }) => saved.push(structuredClone(changed)),
    },
  );
  const { link, tended } = made as { link: ScriptedUpstream; tended: TendedUpstream };
  const live = () => link.live({ epoch: undefined, offset: undefined } as never);
  shell.start();
  const attach = async () => {
    const sink = new CollectingSink();
    const { client } = await shell.attach(sink, { name: "work", cols: 80, rows: 24 });
    client.start();
    return { sink, client };
  };
  return { clock, shell, link, tended, saved, live, attach };
}

describe("idle stop", () => {
  it("lets go of the connection after the time, says so, and writes it down", async () => {
    const { clock, shell, link, saved, live } = tendedShell({ idleStopMs: 4 * HOUR });
    live();
    await clock.advance(4 * HOUR - 1);
    expect(shell.state.kind).toBe("live");
    await clock.advance(1);
    expect(shell.info()).toMatchObject({ state: "asleep", reason: "idle for 4h · attach wakes it" });
    expect(saved.at(-1)?.asleepSince).toBe(clock.now());
    await clock.advance(100 * HOUR);
    expect(link.runs).toBe(1);
  });

  it("counts from the last output and from the last input", async () => {
    const { clock, shell, link, live } = tendedShell({ idleStopMs: HOUR });
    live();
    await clock.advance(50 * MINUTE);
    link.output("tick");
    await clock.advance(50 * MINUTE);
    shell.input.send(Buffer.from("x"));
    await clock.advance(59 * MINUTE);
    expect(shell.state.kind).toBe("live");
    await clock.advance(MINUTE);
    expect(shell.state.kind).toBe("asleep");
  });

  it("does not come while somebody is attached, and comes that long after they left", async () => {
    const { clock, shell, live, attach } = tendedShell({ idleStopMs: HOUR });
    live();
    const { client } = await attach();
    await clock.advance(10 * HOUR);
    expect(shell.state.kind).toBe("live");
    client.closed();
    await clock.advance(58 * MINUTE);
    expect(shell.state.kind).toBe("live");
    await clock.advance(2 * MINUTE);
    expect(shell.state.kind).toBe("asleep");
  });

  it("ends when somebody attaches or types, and what was typed goes to the link", async () => {
    const { clock, shell, link, live, attach, saved } = tendedShell({ idleStopMs: HOUR });
    live();
    await clock.advance(HOUR);
    shell.input.send(Buffer.from("ls\r"));
    await settle();
    expect(link.runs).toBe(2);
    expect(link.input.toString()).toBe("ls\r");
    link.link({ kind: "connecting", attempt: 1 });
    live();
    expect(shell.state.kind).toBe("live");
    expect(saved.at(-1)).not.toHaveProperty("asleepSince");
    await clock.advance(HOUR);
    expect(shell.state.kind).toBe("asleep");
    await attach();
    await settle();
    expect(link.runs).toBe(3);
  });

  it("lasts over a restart of the daemon: nothing is connected until somebody comes", async () => {
    const since = Date.UTC(2026, 10, 20);
    const { clock, shell, link, attach } = tendedShell({ idleStopMs: HOUR, asleepSince: since, known: true });
    await clock.advance(10 * HOUR);
    expect(shell.info()).toMatchObject({ state: "asleep", reason: "idle for 1h · attach wakes it" });
    shell.wake();
    expect(link.runs).toBe(0);
    await attach();
    await settle();
    expect(link.runs).toBe(1);
  });

  it("is off unless it is asked for", async () => {
    const { clock, shell, live } = tendedShell();
    live();
    await clock.advance(1000 * HOUR);
    expect(shell.state.kind).toBe("live");
    expect(clock.pendingTimers).toBe(0);
  });

  it("does not keep a shell from being killed, which connects for that", async () => {
    const { clock, shell, link, live } = tendedShell({ idleStopMs: HOUR });
    live();
    await clock.advance(HOUR);
    await shell.kill(new AbortController().signal);
    expect(link.runs).toBe(2);
    expect(shell.state).toMatchObject({ kind: "ended", exit: { kind: "signal", signal: 1 } });
  });

  it("is stopped with the daemon", async () => {
    const { clock, shell, live } = tendedShell({ idleStopMs: HOUR });
    live();
    await clock.advance(HOUR);
    await shell.stop({ kind: "detached", reason: "stopping" });
    expect(shell.state.kind).toBe("asleep");
  });
});

describe("the end of a microVM", () => {
  it("finds its shells disconnected, and leaves them gone", async () => {
    const { shell, link, tended, live } = tendedShell();
    live();
    tended.hold();
    await settle();
    // Nobody wakes what is held.
    shell.input.send(Buffer.from("x"));
    await settle();
    expect(link.runs).toBe(1);
    tended.revoke(new AgentdError("shell_ended", "its microVM was stopped"));
    await settle();
    expect(shell.state).toMatchObject({ kind: "gone", message: "its microVM was stopped" });
    expect(link.runs).toBe(1);
  });

  it("that fails lets them connect again", async () => {
    const { link, tended, live } = tendedShell();
    live();
    tended.hold();
    await settle();
    tended.release();
    await settle();
    expect(link.runs).toBe(2);
  });

  it("ends a kill that waits for it: nothing is left to kill", async () => {
    const { clock, shell, tended, live } = tendedShell();
    live();
    tended.hold();
    await settle();
    const killed = shell.kill(new AbortController().signal);
    await settle();
    tended.revoke(new AgentdError("shell_ended", "its microVM was stopped"));
    await killed;
    expect(shell.info()).toMatchObject({ state: "gone" });
    expect(clock.pendingTimers).toBe(0);
  });

  it("ends a kill that was under way when the connection was let go", async () => {
    const { shell, link, tended, live } = tendedShell();
    live();
    let letGo = () => {};
    link.kill = () =>
      new Promise((_, reject) => {
        letGo = () => reject(new AgentdError("timeout", "the shell did not confirm its end in time"));
      });
    const killed = shell.kill(new AbortController().signal);
    tended.hold();
    letGo();
    await settle();
    tended.revoke(new AgentdError("shell_ended", "its microVM was stopped"));
    await killed;
    expect(shell.info()).toMatchObject({ state: "gone" });
  });

  it("leaves nothing behind on the signal of a kill that waited for it", async () => {
    const { shell, tended, live } = tendedShell();
    live();
    tended.hold();
    await settle();
    const { signal } = new AbortController();
    const killed = shell.kill(signal);
    await settle();
    tended.release();
    await killed;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("does not keep a kill waiting whose shell is let go of meanwhile", async () => {
    const { shell, link, tended, live } = tendedShell();
    live();
    link.kill = async () => {
      throw new AgentdError("shell_not_live", "nothing is connected to the shell");
    };
    tended.hold();
    await settle();
    let why: unknown;
    shell.kill(new AbortController().signal).catch((error: unknown) => {
      why = error;
    });
    await settle();
    await shell.stop({ kind: "detached", reason: "stopping" });
    await settle();
    expect(why).toMatchObject({ code: "shell_not_live" });
  });

  it("lets a shell be taken back once, however many ask for that", async () => {
    const { shell, link, tended, live } = tendedShell();
    live();
    link.end({ kind: "taken" });
    await settle();
    expect(shell.state.kind).toBe("taken");
    const run = vi.spyOn(tended, "run");
    tended.hold();
    const take = { name: "work", cols: 80, rows: 24, take: true };
    await shell.attach(new CollectingSink(), take);
    await shell.attach(new CollectingSink(), take);
    expect(run).toHaveBeenCalledTimes(1);
    tended.release();
    await settle();
    expect(link.runs).toBe(2);
  });

  it("that two ask for at once keeps them away until both have failed", async () => {
    const { link, tended, live } = tendedShell();
    live();
    tended.hold();
    tended.hold();
    await settle();
    tended.release();
    await settle();
    expect(link.runs).toBe(1);
    tended.release();
    await settle();
    expect(link.runs).toBe(2);
  });
});
