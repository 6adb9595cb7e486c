// What attached clients and `ls` are told of a link in trouble, and what the hub does about it.
import { describe, expect, it } from "vitest";
import { Channel } from "../../../../shared/channel.js";
import { AgentdError } from "../../../../shared/errors.js";
import { ShellRig } from "../../../support/shell-rig.js";

const { runtimeSessionId, shellId } = { runtimeSessionId: "s".repeat(36), shellId: "shell-1" };
const ids = { runtimeSessionId, shellId };

/** A shell on a server that does not count its output. */
function serviceRig(): ShellRig {
  const rig = new ShellRig();
  rig.shell.start();
  rig.upstream.link({ kind: "live", verdict: "first", ids });
  return rig;
}

describe("input in doubt", () => {
  it("is told with the loss and with the return, and then forgotten", async () => {
    const rig = serviceRig();
    const { sink } = await rig.attach();
    await rig.drawn();
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "the connection broke", inDoubt: 7 });
    rig.upstream.link({ kind: "live", verdict: "unknown", ids });
    rig.upstream.link({ kind: "confirmed", verdict: "same", bytesDropped: 0 });
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "the connection broke" });
    rig.upstream.link({ kind: "live", verdict: "same", ids });
    expect(sink.notices.filter(({ kind }) => kind === "lost" || kind === "back")).toEqual([
      { kind: "lost", attempt: 1, reason: "the connection broke", inDoubt: 7 },
      { kind: "back", verdict: "same", bytesLost: 0, inDoubt: 7 },
      { kind: "lost", attempt: 1, reason: "the connection broke" },
      { kind: "back", verdict: "same", bytesLost: 0 },
    ]);
  });

  it("breaks the silence about our own renewal", async () => {
    const rig = serviceRig();
    const { sink } = await rig.attach();
    await rig.drawn();
    const before = sink.notices.length;
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "renewing the connection", planned: true });
    rig.upstream.link({ kind: "live", verdict: "same", ids });
    expect(sink.notices.length).toBe(before);
    rig.upstream.link({
      kind: "lost",
      attempt: 1,
      reason: "renewing the connection",
      planned: true,
      inDoubt: 2,
    });
    rig.upstream.link({ kind: "live", verdict: "same", ids });
    expect(sink.notices.slice(before).map(({ kind }) => kind)).toEqual(["lost", "back"]);
  });
});

describe("held input", () => {
  it("is counted for the clients, for newcomers and in ls", async () => {
    const rig = serviceRig();
    const { sink } = await rig.attach();
    await rig.drawn();
    rig.upstream.queuedBytes = 23;
    rig.upstream.link({ kind: "lost", attempt: 2, reason: "the connection broke" });
    expect(sink.notices.at(-1)).toMatchObject({ kind: "lost", held: 23 });
    expect(rig.shell.info().heldBytes).toBe(23);
    const late = await rig.attach();
    await rig.drawn();
    expect(late.sink.notices.at(-1)).toMatchObject({ kind: "lost", held: 23 });
  });

  it("that a Ctrl-C dropped is said", async () => {
    const rig = serviceRig();
    const { sink } = await rig.attach();
    await rig.drawn();
    rig.upstream.link({ kind: "discarded", bytes: 23 });
    expect(sink.notices.at(-1)).toEqual({ kind: "discarded", bytes: 23 });
  });

  it("that is not taken any more is said to whoever typed it", async () => {
    const rig = serviceRig();
    const typist = await rig.attach();
    const other = await rig.attach();
    await rig.drawn();
    rig.upstream.send = () => false;
    typist.type("abc");
    expect(typist.sink.notices.at(-1)).toEqual({ kind: "discarded", bytes: 3 });
    expect(other.sink.notices.map(({ kind }) => kind)).not.toContain("discarded");
  });

  it("is refused while another client has the shell: it would come up in their work, or after it", async () => {
    const rig = serviceRig();
    const { sink, type } = await rig.attach();
    await rig.drawn();
    rig.upstream.end({ kind: "taken" });
    await rig.drawn();
    const before = rig.upstream.input;
    type("abc");
    expect(sink.notices.slice(-2)).toEqual([{ kind: "discarded", bytes: 3 }, { kind: "taken" }]);
    expect(() => rig.shell.input.send(new Uint8Array([120]))).toThrow(
      "was taken by another client · agentd attach --take",
    );
    expect(rig.upstream.input).toEqual(before);
  });

  it("that fills the queue pauses newcomers too", async () => {
    const rig = serviceRig();
    rig.upstream.request.handlers.onInputPressure(true);
    const { sink } = await rig.attach();
    expect(sink.inputPaused).toBe(true);
    rig.upstream.request.handlers.onInputPressure(false);
    expect(sink.inputPaused).toBe(false);
  });
});

describe("a long paste", () => {
  it("shows its progress to whoever typed after two seconds, and says when it is done", async () => {
    const rig = serviceRig();
    const { sink, type } = await rig.attach();
    const other = await rig.attach({ readOnly: true });
    await rig.drawn();
    rig.upstream.queuedBytes = 10_000_000;
    type("x".repeat(10_000_000));
    await rig.clock.advance(1_900);
    expect(sink.notices.map(({ kind }) => kind)).not.toContain("sending");
    rig.upstream.queuedBytes = 4_000_000;
    await rig.clock.advance(200);
    expect(sink.notices.at(-1)).toEqual({ kind: "sending", sent: 6_000_000, total: 10_000_000 });
    expect(other.sink.notices.map(({ kind }) => kind)).not.toContain("sending");
    rig.upstream.queuedBytes = 0;
    await rig.clock.advance(10_000);
    expect(sink.notices.filter(({ kind }) => kind === "sending")).toEqual([
      { kind: "sending", sent: 6_000_000, total: 10_000_000 },
      { kind: "sending", sent: 10_000_000, total: 10_000_000 },
    ]);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it("that a Ctrl-C stopped is not under way any more, and neither is the Ctrl-C", async () => {
    const rig = serviceRig();
    const { sink, type } = await rig.attach();
    await rig.drawn();
    rig.upstream.queuedBytes = 4_000_000;
    type("x".repeat(10_000_000));
    await rig.clock.advance(2_100);
    rig.upstream.link({ kind: "discarded", bytes: 4_000_000 });
    rig.upstream.queuedBytes = 1;
    type("\u0003");
    await rig.clock.advance(2_100);
    rig.upstream.queuedBytes = 0;
    await rig.clock.advance(10_000);
    expect(sink.notices.at(-1)).toEqual({ kind: "discarded", bytes: 4_000_000 });
    expect(rig.clock.pendingTimers).toBe(0);
  });
});

describe("a replay that was compared", () => {
  const missing = { from: Date.UTC(2026, 10, 21, 14, 2, 11), to: Date.UTC(2026, 10, 21, 14, 2, 39) };
  const span = { from: "2026-11-21T14:02:11.000Z", to: "2026-11-21T14:02:39.000Z" };

  it("tells the time whose output may be missing, to the clients and in ls, and makes programs draw anew", async () => {
    const rig = serviceRig();
    const { sink } = await rig.attach();
    await rig.drawn();
    rig.upstream.link({ kind: "replayed", ambiguous: false, missing });
    expect(sink.notices.at(-1)).toEqual({
      kind: "replayed",
      ambiguous: false,
      missing: span,
    });
    expect(rig.shell.info().possibleGap).toEqual(span);
    expect(rig.upstream.nudges).toBe(1);
  });

  it("does not hide what the return had to say about typing, or that the shell is a new one", async () => {
    const rig = serviceRig();
    const { sink } = await rig.attach();
    await rig.drawn();
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "the connection broke", inDoubt: 7 });
    rig.upstream.link({ kind: "live", verdict: "same", ids });
    rig.upstream.link({ kind: "replayed", ambiguous: false, missing });
    const said = { kind: "back", verdict: "same", bytesLost: 0, inDoubt: 7 };
    expect(sink.notices.slice(-2)).toEqual([
      said,
      { kind: "replayed", ambiguous: false, missing: span, back: said },
    ]);
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "the connection broke" });
    rig.upstream.link({ kind: "live", verdict: "unknown", ids });
    rig.upstream.link({ kind: "confirmed", verdict: "new", bytesDropped: 0, heldDiscarded: 5 });
    rig.upstream.link({ kind: "replayed", ambiguous: false, missing });
    await rig.drawn();
    expect(sink.notices.at(-1)).toMatchObject({
      kind: "replayed",
      back: { verdict: "new", heldDiscarded: 5 },
    });
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "the connection broke" });
    rig.upstream.link({ kind: "live", verdict: "same", ids });
    rig.upstream.link({ kind: "replayed", ambiguous: false, missing });
    await rig.drawn();
    expect(sink.notices.at(-1)).toEqual({
      kind: "replayed",
      ambiguous: false,
      missing: span,
      back: { kind: "back", verdict: "same", bytesLost: 0 },
    });
  });

  it("is not mentioned when all of it is clear, and disturbs no prompt", async () => {
    const rig = serviceRig();
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "the connection broke" });
    rig.upstream.link({ kind: "live", verdict: "same", ids });
    const { sink } = await rig.attach();
    await rig.drawn();
    const before = sink.notices.length;
    rig.upstream.link({ kind: "replayed", ambiguous: false });
    expect(sink.notices.length).toBe(before);
    expect(rig.upstream.nudges).toBe(0);
  });

  it("makes the program draw itself anew after a restart of the daemon, which knows nothing of the old screen", async () => {
    const rig = new ShellRig({ known: true });
    rig.shell.start();
    rig.upstream.link({ kind: "live", verdict: "unknown", ids });
    rig.upstream.link({ kind: "replayed", ambiguous: false });
    expect(rig.upstream.nudges).toBe(1);
  });

  it("makes a full-screen program draw itself anew all the same", async () => {
    const rig = serviceRig();
    rig.upstream.output("\u001b[?1049hvim");
    await rig.drawn();
    rig.upstream.link({ kind: "replayed", ambiguous: false });
    expect(rig.upstream.nudges).toBe(1);
  });
});

it("a runtime that does not answer is mentioned, and so is its return", async () => {
  const rig = serviceRig();
  const { sink } = await rig.attach();
  await rig.drawn();
  rig.upstream.link({ kind: "silent", forMs: 3_250 });
  rig.upstream.link({ kind: "silent" });
  expect(sink.notices.slice(-2)).toEqual([{ kind: "silent", seconds: 3 }, { kind: "silent" }]);
  expect(rig.shell.state.kind).toBe("live");
});

it("a full runtime names the shells that agentd holds there", async () => {
  const rig = new ShellRig({ known: true }, ["build", "tests"]);
  rig.shell.start();
  rig.upstream.link({ kind: "capacity", message: "all shells of this runtime are in use" });
  expect(rig.shell.info().reason).toBe(
    "all shells of this runtime are in use · agentd holds build, tests · agentd kill one of them",
  );
});

it("a full runtime names them also to whoever wants a first shell there", async () => {
  const rig = new ShellRig({}, ["build"]);
  rig.shell.start();
  rig.upstream.end({
    kind: "gone",
    error: new AgentdError("capacity", "all shells of this runtime are in use"),
  });
  await rig.shell.settled;
  expect(rig.shell.lastError).toMatchObject({
    code: "capacity",
    message: "all shells of this runtime are in use · agentd holds build · agentd kill one of them",
  });
});

it("a wake reaches the link of a shell, and not that of one that has ended", async () => {
  const rig = serviceRig();
  rig.shell.wake();
  expect(rig.upstream.wakes).toBe(1);
  rig.upstream.end({ kind: "exited", exit: { kind: "code", exitCode: 0 } });
  await rig.drawn();
  rig.shell.wake();
  expect(rig.upstream.wakes).toBe(1);
});

it("keys go to the upstream while nobody answers: nothing here waits", async () => {
  const rig = serviceRig();
  const { frame } = await rig.attach();
  rig.upstream.link({ kind: "silent", forMs: 3_000 });
  frame(Channel.Stdin, "ls\r");
  expect(rig.upstream.input.toString()).toBe("ls\r");
});

describe("a replay", () => {
  it("that never reaches the end that the server named is over after a while without output", async () => {
    const rig = new ShellRig({ known: true });
    rig.shell.start();
    rig.upstream.live({ verdict: "same", end: 1_000_000 });
    let isSettled = false;
    void rig.shell.settled.then(() => {
      isSettled = true;
    });
    for (let second = 0; second < 6; second++) {
      rig.upstream.output("replayed ");
      await rig.clock.advance(1_000);
    }
    expect(isSettled).toBe(false);
    await rig.clock.advance(10_000);
    expect(isSettled).toBe(true);
    rig.upstream.output("\u001b[6n");
    await rig.drawn();
    expect(rig.upstream.input.toString()).toContain("R");
  });
});

describe("the progress of a paste", () => {
  it("counts what was typed while the link was down, too", async () => {
    const rig = serviceRig();
    const { sink, type } = await rig.attach();
    await rig.drawn();
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "the connection broke" });
    type("x".repeat(5_000));
    rig.upstream.queuedBytes = 5_000;
    await rig.clock.advance(3_000);
    rig.upstream.link({ kind: "live", verdict: "same", ids });
    type("y");
    rig.upstream.queuedBytes = 4_000;
    await rig.clock.advance(2_500);
    const said = sink.notices.filter((notice) => notice.kind === "sending");
    expect(said.length).toBe(1);
    expect(said[0]!.total).toBeGreaterThanOrEqual(4_000);
  });
});
