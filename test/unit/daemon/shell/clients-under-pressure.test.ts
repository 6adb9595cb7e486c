import { describe, expect, it } from "vitest";
import { Channel } from "../../../../shared/channel.js";
import { encodeFrame } from "../../../../shared/frame.js";
import { differences } from "../../../support/compare-terminals.js";
import { type CollectingSink, EPOCH, ShellRig } from "../../../support/shell-rig.js";
import { createTestTerminal } from "../../../support/test-terminal.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const kinds = (sink: CollectingSink) => sink.notices.map(({ kind }) => kind);
const MIB = 1024 * 1024;

/** Fills the queue of a client that has stopped reading. */
function overflow(rig: ShellRig): number {
  let sent = 0;
  for (; sent <= 10 * MIB; sent += 60_000) rig.upstream.output(Buffer.alloc(60_000, "x"));
  return sent;
}

describe("a client in a flood", () => {
  it("gets its first screen although the output never pauses", async () => {
    const rig = ShellRig.live();
    const chunk = Buffer.alloc(60_000, "flood\r\n");
    let sent = 0;
    // As a fast upstream does: everything that the screen's queue lets in, in every turn.
    const flood = async () => {
      for (; !rig.upstream.paused && sent < 96 * MIB; sent += chunk.length) rig.upstream.output(chunk);
      await turn();
    };
    await flood();
    const { sink } = await rig.attach();
    while (sink.view.snapshots === 0 && sent < 96 * MIB) await flood();
    expect(sink.view.snapshots).toBe(1);
    expect(sent).toBeLessThan(96 * MIB);
  });

  it("is not behind because its drawing, or what came meanwhile, is long", async () => {
    const rig = ShellRig.live();
    await rig.attach({ cols: 1000 });
    const line = `${"\u001b[31mr\u001b[32mg".repeat(300)}\r\n`;
    for (let n = 0; n < 1000; n++) rig.upstream.output(line);
    const { sink } = await rig.attach({ terminal: false });
    sink.stopped = true;
    await rig.drawn();
    expect(sink.queuedBytes).toBeGreaterThan(MIB);
    rig.upstream.output("next");
    expect(sink.output).toBe("next");
    // ... but is when it goes on not reading.
    overflow(rig);
    sink.read();
    await rig.drawn();
    expect(kinds(sink)).toContain("skipped");
  });

  it("resumes from the oldest byte that is kept", async () => {
    const rig = ShellRig.live();
    for (let sent = 0; sent < 2 * MIB; sent += 32_768) rig.upstream.output(Buffer.alloc(32_768, "x"));
    const { sink, result } = await rig.attach({ resume: { epoch: EPOCH, offset: MIB } });
    rig.upstream.output("next");
    await rig.drawn();
    expect(result).toMatchObject({ resumed: true, offset: MIB });
    expect(sink.view.snapshots).toBe(0);
    expect(sink.output).toHaveLength(MIB + 4);
  });

  it("cannot pile up drawings that it asks for and does not read", async () => {
    const rig = ShellRig.live();
    const { sink, frame } = await rig.attach();
    await rig.drawn();
    sink.stopped = true;
    rig.upstream.output(Buffer.alloc(900_000, "x"));
    await rig.drawn();
    for (let n = 0; n < 200; n++) {
      frame(Channel.Snapshot);
      await rig.drawn();
    }
    expect(sink.queuedBytes).toBeLessThan(2 * MIB);
    sink.read();
    await rig.drawn();
    expect(sink.view.offset).toBe(900_000);
  });
});

describe("a client that reads late", () => {
  it("gets every byte of 8 MiB, a little at a time", async () => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    await rig.drawn();
    sink.stopped = true;
    let sent = 0;
    for (; sent < 8 * MIB; sent += 60_000) rig.upstream.output(Buffer.alloc(60_000, "x"));
    let reads = 0;
    for (; sink.output.length < sent && reads < 80; reads++) {
      expect(sink.queuedBytes).toBeLessThan(0.3 * MIB);
      sink.read();
      sink.stopped = true;
    }
    expect(sink.output.length).toBe(sent);
    expect(sink.view.snapshots).toBe(1);
    expect(kinds(sink)).toEqual([]);
  });

  it("is not shown what is more than a second old", async () => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    await rig.drawn();
    sink.stopped = true;
    rig.upstream.output(Buffer.alloc(1.5 * MIB, "x"));
    await rig.clock.advance(900);
    rig.upstream.output("in time");
    expect(rig.shell.info().attached[0]?.behind).toBeUndefined();
    await rig.clock.advance(200);
    rig.upstream.output("too late");
    expect(rig.shell.info().attached).toMatchObject([{ behind: true }]);
    sink.read();
    await rig.drawn();
    expect(kinds(sink)).toEqual(["skipped"]);
    expect(sink.view.snapshots).toBe(2);
  });

  it("learns the end after all that was output before it", async () => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    await rig.drawn();
    sink.stopped = true;
    for (let sent = 0; sent < 3 * MIB; sent += 60_000) rig.upstream.output(Buffer.alloc(60_000, "x"));
    rig.upstream.output("the end");
    rig.upstream.end({ kind: "exited", exit: { kind: "code", exitCode: 0 } });
    await rig.drawn();
    for (let reads = 0; !sink.ended && reads < 40; reads++) {
      expect(kinds(sink)).toEqual([]);
      sink.read();
      if (!sink.ended) sink.stopped = true;
    }
    expect(sink.output.slice(-7)).toBe("the end");
    expect(kinds(sink)).toEqual(["ended"]);
  });
});

describe("a person who interrupts a flood", () => {
  /** A client of which half a MiB waits. */
  async function flooded(params = {}) {
    const rig = ShellRig.live();
    const joined = await rig.attach(params);
    await rig.drawn();
    joined.sink.stopped = true;
    for (let sent = 0; sent < MIB / 2; sent += 60_000) rig.upstream.output(Buffer.alloc(60_000, "x"));
    return { rig, ...joined };
  }

  it.each(["\u0003", "\u001a", "\u001c", "\u0003\u0003"])(
    "is shown the result at once, and not what waited before it (%j)",
    async (key) => {
      const { rig, sink, type } = await flooded();
      expect(sink.queuedBytes).toBeLessThan(0.2 * MIB);
      type(key);
      rig.upstream.output("^C\r\n$ ");
      sink.read();
      await rig.drawn();
      expect(rig.upstream.input.toString()).toBe(key);
      expect(kinds(sink)).toEqual(["skipped"]);
      expect(sink.view.bytes.toString()).toContain("^C");
      expect(sink.view.snapshots).toBe(2);
    },
  );

  it("misses nothing when nothing waits", async () => {
    const rig = ShellRig.live();
    const { sink, type } = await rig.attach();
    await rig.drawn();
    type("\u0003");
    rig.upstream.output("^C");
    expect(sink.output).toBe("^C");
    expect(sink.view.snapshots).toBe(1);
  });

  it.each([
    ["other keys", {}, "q"],
    ["keys among others", {}, "a\u0003"],
    ["a watcher's keys", { readOnly: true }, "\u0003"],
    ["a client that wants every byte", { terminal: false }, "\u0003"],
  ])("gives up nothing for %s", async (_, params, key) => {
    const { rig, sink, type } = await flooded(params);
    type(key);
    for (let reads = 0; reads < 20; reads++) {
      sink.read();
      sink.stopped = true;
    }
    await rig.drawn();
    expect(kinds(sink).filter((kind) => kind === "skipped")).toEqual([]);
    expect(sink.view.snapshots).toBe(1);
  });
});

describe("a client that does not read", () => {
  it("learns later what happened meanwhile", async () => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    await rig.drawn();
    sink.stopped = true;
    const offset = overflow(rig);
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "reset" });
    rig.upstream.live({ verdict: "same", offset, end: offset });
    sink.read();
    await rig.drawn();
    expect(kinds(sink)).toEqual(["skipped", "lost", "back"]);
  });

  it("leaves the terminal's questions to the daemon while it leads", async () => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    await rig.drawn();
    sink.stopped = true;
    overflow(rig);
    rig.upstream.output("\u001b[5n");
    await rig.drawn();
    expect(rig.upstream.input.toString()).toBe("\u001b[0n");
  });

  it.each(["taken", "elsewhere", "stopping"] as const)("is detached at once (%s)", async (reason) => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    await rig.drawn();
    sink.stopped = true;
    overflow(rig);
    rig.shell.detachAll({ kind: "detached", reason });
    expect(sink.notices).toEqual([{ kind: "detached", reason }]);
    expect(sink.ended).toBe(true);
    expect(rig.shell.info().clients).toBe(0);
  });
});

describe("a client whose drawing never comes", () => {
  it("is told why and let go when the shell is killed and forgotten", async () => {
    const rig = ShellRig.live();
    rig.upstream.output(Buffer.alloc(2 * MIB, "slow to draw\r\n"));
    const { sink } = await rig.attach();
    await rig.shell.kill(AbortSignal.timeout(10_000));
    await rig.shell.stop({ kind: "gone", message: "killed" });
    await turn();
    expect(kinds(sink)).toEqual(["ended"]);
    expect(sink.ended).toBe(true);
  });

  it("is told nothing before its answer was written", async () => {
    const rig = ShellRig.live();
    const { sink, client } = await rig.attach({}, false);
    rig.shell.detachAll({ kind: "detached", reason: "elsewhere" });
    expect(sink.frames).toEqual([]);
    client.start();
    expect(kinds(sink)).toEqual(["detached"]);
    expect(sink.ended).toBe(true);
  });
});

describe("what a client is shown", () => {
  it("fits its own terminal when it leads", async () => {
    const rig = ShellRig.live();
    const reference = createTestTerminal(80, 24, 1000);
    const text = `${"a long line that wraps ".repeat(8)}\r\n$ `;
    rig.upstream.output(text);
    reference.feed(text);
    const { sink, result } = await rig.attach({ cols: 100, rows: 30 });
    reference.terminal.resize(100, 30);
    await rig.drawn();
    expect(result.shell).toMatchObject({ cols: 100, rows: 30 });
    const shown = createTestTerminal(100, 30, 1000);
    shown.feed(sink.view.bytes);
    expect(differences(reference, shown)).toEqual([]);
  });

  it("has no diagnostics of the platform in it: those come beside the output", async () => {
    const rig = ShellRig.live();
    rig.upstream.output("before \u001b[");
    rig.upstream.request.handlers.onFrame(encodeFrame(Channel.Stderr, Buffer.from("31mnoise\u001b[5n")));
    rig.upstream.output("1mafter");
    expect((await rig.drawn()).trim()).toBe("before after");
    expect(rig.upstream.input.toString()).toBe("");
  });

  it("has the epoch that the server names, when it came before the first connection", async () => {
    const rig = new ShellRig({ known: true });
    rig.shell.start();
    const attaching = rig.attach();
    await rig.clock.advance(2_000);
    const { sink } = await attaching;
    rig.upstream.live({ verdict: "same", offset: 100, end: 104 });
    rig.upstream.output("more");
    await rig.drawn();
    expect(sink.view).toMatchObject({ epoch: EPOCH, offset: 104 });
  });

  it("is free of the old shell's modes when a confirmation says that the shell is new", async () => {
    const rig = new ShellRig();
    rig.shell.start();
    const uncounted = { epoch: undefined, offset: undefined } as never;
    rig.upstream.live(uncounted);
    const { sink } = await rig.attach();
    rig.upstream.output("\u001b[?1049h\u001b[?1000h\u001b[?1006h\u001b[?2004h\u001b[>1uvim");
    await rig.drawn();
    const { epoch } = sink.view;
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "reset" });
    rig.upstream.live({ ...(uncounted as object), verdict: "unknown" });
    rig.upstream.link({ kind: "confirmed", verdict: "new", bytesDropped: 0 });
    rig.upstream.output("$ ");
    await rig.drawn();
    expect(sink.view.epoch).not.toBe(epoch);
    expect(sink.view.offset).toBe(2);
    const shown = createTestTerminal();
    shown.feed(sink.view.bytes);
    expect(shown.terminal.buffer.active.type).toBe("normal");
    expect(shown.terminal.modes).toMatchObject({ mouseTrackingMode: "none", bracketedPasteMode: false });
  });
});
