import { describe, expect, it } from "vitest";
import { screenText } from "../../../../daemon/terminal/reading/screen-text.js";
import { Channel } from "../../../../shared/channel.js";
import { EPOCH, ShellRig } from "../../../support/shell-rig.js";

const QUERY = "\u001b[c";

describe("attach", () => {
  it("sends the snapshot before what was output while it was drawn, and then live output, each byte once", async () => {
    const rig = ShellRig.live();
    rig.upstream.output("before\r\n");
    const { sink } = await rig.attach();
    rig.upstream.output("held\r\n");
    await rig.drawn();
    rig.upstream.output("live\r\n");
    const { bytes, offset, epoch } = sink.view;
    expect(bytes.toString()).toMatch(/before[\s\S]*held\r\nlive\r\n$/);
    expect({ offset, epoch }).toEqual({ offset: "before\r\nheld\r\nlive\r\n".length, epoch: EPOCH });
    expect(sink.output).toBe("held\r\nlive\r\n");
  });

  it("sends nothing before the answer was written", async () => {
    const rig = ShellRig.live();
    const { sink, client } = await rig.attach({}, false);
    rig.upstream.output("x");
    await rig.drawn();
    expect(sink.frames).toEqual([]);
    client.start();
    expect(sink.view.bytes.toString()).toContain("x");
  });

  it("ends the snapshot of a raw shell inside the escape sequence in which the output stands", async () => {
    const rig = ShellRig.live({ escapes: "raw" });
    rig.upstream.output("a\u001b[3");
    const { sink } = await rig.attach();
    await rig.drawn();
    expect(sink.view.bytes.toString().endsWith("\u001b[3")).toBe(true);
    rig.upstream.output("1mred");
    expect(sink.view.bytes.toString().endsWith("\u001b[31mred")).toBe(true);
  });

  it("resumes at the byte that the client has, without a snapshot", async () => {
    const rig = ShellRig.live();
    rig.upstream.output("0123456789");
    const { sink, result } = await rig.attach({ resume: { epoch: EPOCH, offset: 4 } });
    expect(result).toMatchObject({ resumed: true, offset: 4 });
    rig.upstream.output("ab");
    expect(sink.output).toBe("456789ab");
    expect(sink.view.snapshots).toBe(0);
  });

  it("resumes exactly also in a new daemon to which the replay is still on its way", async () => {
    const rig = new ShellRig({ known: true });
    rig.shell.start();
    rig.upstream.live({ verdict: "same", offset: 0, end: 10 });
    const attaching = rig.attach({ resume: { epoch: EPOCH, offset: 4 } });
    rig.upstream.output("0123456789");
    const { sink, result } = await attaching;
    expect(result).toMatchObject({ resumed: true, offset: 4 });
    expect(sink.output).toBe("456789");
  });

  it.each([
    ["another epoch", { epoch: "11111111-1111-4111-8111-111111111111", offset: 0 }],
    ["an offset that was never output", { epoch: EPOCH, offset: 11 }],
  ])("draws a snapshot instead for %s", async (_name, resume) => {
    const rig = ShellRig.live();
    rig.upstream.output("0123456789");
    const { sink, result } = await rig.attach({ resume });
    await rig.drawn();
    expect(result.resumed).toBe(false);
    expect(sink.view).toMatchObject({ snapshots: 1, offset: 10 });
  });

  it("shows a client of an ended shell its last screen, and how it ended", async () => {
    const rig = ShellRig.live();
    rig.upstream.output("last words");
    rig.upstream.end({ kind: "exited", exit: { kind: "code", exitCode: 3 } });
    await rig.shell.settled;
    await rig.drawn();
    const { sink } = await rig.attach();
    await rig.drawn();
    expect(sink.view.bytes.toString()).toContain("last words");
    expect(sink.notices).toMatchObject([{ kind: "ended", exit: { kind: "code", exitCode: 3 } }]);
    expect(sink.ended).toBe(true);
  });
});

describe("slow clients", () => {
  it("lose their queue, touch nobody else, and converge by one snapshot", async () => {
    const rig = ShellRig.live();
    const [slow, fast] = [await rig.attach(), await rig.attach()];
    await rig.drawn();
    slow.sink.stopped = true;
    let sent = "";
    for (let i = 0; i < 180; i++) {
      const line = `${i} ${"x".repeat(60_000)}\r\n`;
      sent += line;
      rig.upstream.output(line);
    }
    expect(fast.sink.output).toBe(sent);
    expect(slow.sink.queuedBytes).toBeLessThanOrEqual(1024 * 1024);
    const before = slow.sink.frames.length;
    slow.sink.read();
    await rig.drawn();
    rig.upstream.output("after");
    const later = slow.sink.frames.slice(before);
    const channels = later
      .map((frame) => frame[0])
      .filter((channel, index, all) => channel !== all[index - 1]);
    expect(channels).toEqual([Channel.Notice, Channel.Snapshot, Channel.Stdout]);
    expect(slow.sink.notices.at(-1)).toMatchObject({ kind: "skipped" });
    expect(slow.sink.view.offset).toBe(sent.length + "after".length);
    expect(rig.upstream.paused).toBe(false);
  });

  it("get the end of the shell only after its last screen", async () => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    await rig.drawn();
    sink.stopped = true;
    for (let i = 0; i < 20; i++) rig.upstream.output("y".repeat(65_000));
    rig.upstream.output("\r\nthe end");
    rig.upstream.end({ kind: "exited", exit: { kind: "code", exitCode: 0 } });
    await rig.shell.settled;
    await rig.drawn();
    expect(sink.ended).toBe(false);
    for (let reads = 0; !sink.ended && reads < 20; reads++) {
      sink.read();
      if (!sink.ended) sink.stopped = true;
    }
    await rig.drawn();
    expect(sink.ended).toBe(true);
    expect(sink.frames.at(-1)?.[0]).toBe(Channel.Notice);
    expect(sink.view.bytes.toString()).toContain("the end");
  });
});

describe("who leads", () => {
  it("is the last that attached while none has typed, then the last that typed; the size follows", async () => {
    const rig = ShellRig.live();
    const a = await rig.attach({ cols: 100, rows: 30 });
    const b = await rig.attach({ cols: 120, rows: 40 });
    a.type("x");
    b.frame(Channel.Resize, '{"width":121,"height":41}');
    b.frame(Channel.Notice, '{"kind":"lead"}');
    b.client.closed();
    expect(rig.upstream.sizes).toEqual(["100x30", "120x40", "100x30", "121x41", "100x30"]);
  });

  it("is never one that only reads or ignores its size", async () => {
    const rig = ShellRig.live();
    const reader = await rig.attach({ cols: 10, rows: 10, readOnly: true });
    const ignorer = await rig.attach({ cols: 20, rows: 20, ignoreSize: true });
    reader.type("nothing");
    ignorer.type("typed");
    expect(rig.upstream.sizes).toEqual([]);
    expect(rig.upstream.input.toString()).toBe("typed");
  });

  it("decides who sees questions to the terminal; the others keep count of the output all the same", async () => {
    const rig = ShellRig.live();
    const [first, leader] = [await rig.attach(), await rig.attach()];
    await rig.drawn();
    rig.upstream.output(`a${QUERY}b`);
    expect(leader.sink.output).toBe(`a${QUERY}b`);
    expect(first.sink.output).toBe("ab");
    expect(first.sink.view.offset).toBe(5);
    leader.client.closed();
    rig.upstream.output(`c${QUERY}d`);
    expect(first.sink.output).toBe(`abc${QUERY}d`);
    expect(first.sink.view.offset).toBe(10);
  });

  it("does not pass through the sizes of clients that are all sent away", async () => {
    const rig = ShellRig.live();
    const leader = await rig.attach({ cols: 200, rows: 50 });
    await rig.attach({ cols: 100, rows: 30 });
    await rig.attach({ cols: 90, rows: 20 });
    leader.type("x");
    await rig.drawn();
    rig.upstream.sizes.length = 0;
    rig.shell.detachAll({ kind: "detached", reason: "elsewhere" });
    expect(rig.upstream.sizes).toEqual([]);
  });

  it("leaves the answer to the daemon's screen while nobody leads", async () => {
    const rig = ShellRig.live();
    rig.upstream.output(QUERY);
    await rig.drawn();
    expect(rig.upstream.input.toString()).toMatch(/^\u001b\[\?.*c$/);
    const { sink } = await rig.attach();
    rig.upstream.output(QUERY);
    await rig.drawn();
    expect(rig.upstream.input.toString().match(/c/g)).toHaveLength(1);
    expect(sink.output).toBe(QUERY);
  });

  it("never answers, nor asks anybody, what stands in a replay", async () => {
    const rig = new ShellRig({ known: true });
    rig.shell.start();
    rig.upstream.live({ verdict: "same", offset: 0, end: 6 });
    rig.upstream.output(`xy${QUERY}z`);
    rig.upstream.output(QUERY);
    await rig.drawn();
    expect(rig.upstream.input.toString().match(/c/g)).toHaveLength(1);
  });
});

describe("the link", () => {
  it("says what was lost, and counts it", async () => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    rig.upstream.output("abc");
    await rig.drawn();
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "cut", retryAt: 0 });
    expect(rig.shell.info()).toMatchObject({ state: "reconnecting", reason: "cut" });
    rig.upstream.live({ verdict: "same", offset: 13, gap: 10, end: 13 });
    expect(sink.notices).toMatchObject([
      { kind: "lost", attempt: 1, reason: "cut" },
      { kind: "position", offset: 13 },
      { kind: "back", verdict: "same", bytesLost: 10 },
    ]);
    expect(rig.shell.info()).toMatchObject({ state: "live", bytesLost: 10, verdict: "same" });
    rig.upstream.output("d");
    expect(sink.view.offset).toBe(14);
  });

  it("does not mention a planned renewal, unless something was lost", async () => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    await rig.drawn();
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "renewing the connection", planned: true });
    rig.upstream.live({ verdict: "same", offset: 0, end: 0 });
    expect(sink.notices).toEqual([]);
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "renewing the connection", planned: true });
    rig.upstream.live({ verdict: "same", offset: 5, gap: 5, end: 5 });
    expect(sink.notices.at(-1)).toMatchObject({ kind: "back", bytesLost: 5 });
  });

  it("asks for output from where it stands, once the server has shown that it keeps count", () => {
    const rig = new ShellRig();
    rig.shell.start();
    expect(rig.upstream.request.have()).toBeUndefined();
    rig.upstream.live();
    rig.upstream.output("abc");
    expect(rig.upstream.request.have()).toEqual({ epoch: EPOCH, offset: 3 });
  });

  it("keeps its place through a connection that says nothing of places, until that one brings output", () => {
    const rig = ShellRig.live();
    rig.upstream.output("abc");
    rig.upstream.live({ verdict: "unknown", epoch: undefined as unknown as string });
    expect(rig.upstream.request.have()).toEqual({ epoch: EPOCH, offset: 3 });
    rig.upstream.output("x");
    expect(rig.upstream.request.have()).toBeUndefined();
  });

  it("forgets its place when another shell answers that does not keep count", () => {
    const rig = ShellRig.live();
    rig.upstream.output("abc");
    rig.upstream.live({ verdict: "unknown", epoch: undefined as unknown as string });
    rig.upstream.link({ kind: "confirmed", verdict: "new", bytesDropped: 0 });
    expect(rig.upstream.request.have()).toBeUndefined();
  });

  it("starts a new count and a new drawing when another shell answers", async () => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    rig.upstream.output("old \u001b[?1049hfull screen");
    await rig.drawn();
    const epoch = "22222222-2222-4222-8222-222222222222";
    rig.upstream.live({ verdict: "new", epoch, offset: 0, end: 0 });
    rig.upstream.output("new$ ");
    await rig.drawn();
    expect(sink.view).toMatchObject({ epoch, offset: 5 });
    expect(sink.notices.at(-1)).toMatchObject({ kind: "back", verdict: "new" });
    const text = await rig.shell.output.scan((state) => screenText(state, { start: -100 }));
    expect(text).toContain("old");
    expect(text).toContain("new$");
    expect(text).not.toContain("full screen");
  });

  it("is taken by another client: nobody fights, and --take wins it back once", async () => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    rig.upstream.end({ kind: "taken" });
    await rig.drawn();
    expect(rig.shell.info().state).toBe("taken");
    expect(sink.notices.at(-1)).toEqual({ kind: "taken" });
    await rig.attach();
    expect(rig.upstream.runs).toBe(1);
    await rig.attach({ take: true });
    expect(rig.upstream.runs).toBe(2);
    expect(sink.notices.at(-1)).toEqual({ kind: "detached", reason: "taken" });
  });

  it("is taken back by whoever kills it, and is not lost when that fails", async () => {
    const rig = ShellRig.live();
    rig.upstream.end({ kind: "taken" });
    await rig.drawn();
    const killed = rig.shell.kill(new AbortController().signal);
    expect(rig.upstream.runs).toBe(2);
    expect(await killed).toMatchObject({ kind: "signal" });
    expect(rig.shell.state.kind).toBe("ended");
  });

  it("writes new ids to the record at once", () => {
    const rig = new ShellRig();
    rig.shell.start();
    rig.upstream.live({ ids: { runtimeSessionId: "t".repeat(36), shellId: "other" } });
    expect(rig.records.at(-1)).toMatchObject({
      known: true,
      shellId: "other",
      runtimeSessionId: "t".repeat(36),
    });
  });
});

describe("endings", () => {
  it("detaches by the key with nothing but a goodbye", async () => {
    const rig = ShellRig.live();
    const { sink, frame } = await rig.attach();
    await rig.drawn();
    frame(Channel.Close);
    expect(sink.notices).toEqual([{ kind: "detached", reason: "key" }]);
    expect(sink.ended).toBe(true);
    expect(rig.shell.info().clients).toBe(0);
  });

  it("stops without ending the shell, and says which kind of stop it is", async () => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    await rig.drawn();
    await rig.shell.stop({ kind: "detached", reason: "restarting" });
    expect(sink.notices.at(-1)).toEqual({ kind: "detached", reason: "restarting" });
    expect(rig.shell.state.kind).toBe("live");
  });

  it("kills, and every client learns how", async () => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    await rig.drawn();
    expect(await rig.shell.kill(new AbortController().signal)).toMatchObject({ signal: 1 });
    expect(sink.notices.at(-1)).toMatchObject({ kind: "ended", exit: { kind: "signal", signal: 1 } });
    expect(rig.records.at(-1)?.ended).toMatchObject({ exit: { signal: 1 } });
  });

  it("echoes heartbeats and ignores channels that it does not know", async () => {
    const rig = ShellRig.live();
    const { sink, frame } = await rig.attach();
    await rig.drawn();
    frame(0x77, "?");
    frame(Channel.Heartbeat, "ab");
    expect(Buffer.from(sink.frames.at(-1)!).toString("latin1")).toBe("\u0005ab");
  });
});

describe("a fault behind the screen", () => {
  it("is told, and the shell goes on", async () => {
    const rig = ShellRig.live();
    rig.onChange = () => {
      throw new Error("nobody is to be told");
    };
    rig.upstream.output("\u001b]2;title\u0007here");
    expect(await rig.drawn()).toContain("here");
    expect(rig.faults).toEqual([new Error("nobody is to be told")]);
  });
});
