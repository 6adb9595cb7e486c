// A screen that was handed over: whoever goes on from it shows what one that saw everything shows, and hears and says nothing of the past.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CheckpointAnswer } from "../../../../daemon/upstream/local/local-checkpoints.js";
import type { Snapshot } from "../../../../shared/snapshot.js";
import { differences } from "../../../support/compare-terminals.js";
import { firstSeed, repetitions } from "../../../support/figures.js";
import { randomStream, seededRandom } from "../../../support/random-stream.js";
import { type CollectingSink, EPOCH, ShellRig } from "../../../support/shell-rig.js";
import { createTestTerminal } from "../../../support/test-terminal.js";

const seed = firstSeed(300);
const MIB = 1024 * 1024;
const STREAMS = repetitions({ ci: 60, full: 1000 });

/** What outlives the daemon. */
class Kept {
  readonly saved: Snapshot[] = [];
  answer: CheckpointAnswer = "stored";

  get last(): Snapshot | undefined {
    return this.saved.at(-1);
  }

  place() {
    const { last } = this;
    let left = last;
    return {
      take: () => {
        const found = left;
        left = undefined;
        return found;
      },
      save: async (screen: Snapshot) => {
        this.saved.push(screen);
        return this.answer;
      },
    };
  }
}

const rigOn = (kept: Kept, record = {}) => new ShellRig(record, [], () => kept.place());

/** The daemon that comes next: `ring` is what is left of the output, from `offset` on. */
function adopt(kept: Kept, ring: Uint8Array, offset: number, record = {}): ShellRig {
  const rig = rigOn(kept, { known: true, ...record });
  rig.shell.start();
  rig.upstream.live({ verdict: "same", offset, end: offset + ring.length });
  feed(rig, ring, 1000);
  return rig;
}

function feed(rig: ShellRig, bytes: Uint8Array, most: number): void {
  for (let at = 0; at < bytes.length; at += most) rig.upstream.output(bytes.slice(at, at + most));
}

function terminalOf(sink: CollectingSink, cols = 80, rows = 24) {
  const shown = createTestTerminal(cols, rows, 1000);
  shown.feed(sink.view.bytes);
  return shown;
}

async function shownBy(rig: ShellRig, size = { cols: 80, rows: 24 }) {
  const { sink } = await rig.attach({ terminal: false, ...size });
  await rig.drawn();
  return { sink, terminal: terminalOf(sink, size.cols, size.rows) };
}

const recording = (name: string) =>
  new Uint8Array(readFileSync(join(import.meta.dirname, "../../../fixtures/recordings", `${name}.bin`)));

describe("a screen from a checkpoint, and the rest of the output", () => {
  it.each([{ escapes: "raw" as const }, {}])(
    `is that of one who saw everything, in ${STREAMS} random streams cut anywhere (%j, seed ${seed})`,
    async (rules) => {
      const wrong: string[] = [];
      for (let n = seed; n < seed + STREAMS; n++) {
        const random = seededRandom(n);
        const stream = randomStream({ seed: n });
        const cut = Math.floor(random() * (stream.length + 1));
        const died = cut + Math.floor(random() * (stream.length - cut + 1));
        const direct = ShellRig.live(rules);
        feed(direct, stream, 700);
        const kept = new Kept();
        const first = rigOn(kept, rules);
        first.shell.start();
        first.upstream.live();
        feed(first, stream.subarray(0, cut), 1 + Math.floor(random() * 500));
        await first.shell.stop({ kind: "detached", reason: "restarting" });
        const start = Math.floor(random() * ((kept.last?.offset ?? 0) + 1));
        const next = adopt(kept, stream.slice(start, died), start, rules);
        feed(next, stream.subarray(died), 700);
        const [expected, actual] = [await shownBy(direct), await shownBy(next)];
        const found = differences(expected.terminal, actual.terminal);
        if (found.length > 0) wrong.push(`seed ${n}, cut ${cut}: ${found.slice(0, 3).join("; ")}`);
        expect(actual.sink.view.offset, `seed ${n}`).toBe(expected.sink.view.offset);
        expect(next.upstream.nudges, `seed ${n}`).toBe(0);
      }
      expect(wrong).toEqual([]);
    },
    60_000,
  );

  it.each(["vim", "htop", "less", "tmux", "bash", "cjk-log", "mc", "emacs", "fish"])(
    "is that of one who saw everything of %s, cut anywhere, also when the screens are handed on again and again",
    async (name) => {
      const stream = recording(name);
      const random = seededRandom(seed);
      for (const rules of [{}, { escapes: "raw" as const }]) {
        const direct = ShellRig.live(rules);
        feed(direct, stream, 4000);
        const kept = new Kept();
        const cuts = Array.from({ length: 12 }, () => Math.floor(random() * stream.length)).sort(
          (a, b) => a - b,
        );
        let rig = rigOn(kept, rules);
        rig.shell.start();
        rig.upstream.live();
        let at = 0;
        for (const cut of cuts) {
          feed(rig, stream.subarray(at, cut), 4000);
          await rig.shell.stop({ kind: "detached", reason: "restarting" });
          const from = kept.last?.offset ?? 0;
          rig = adopt(kept, stream.slice(from, cut), from, rules);
          at = cut;
        }
        feed(rig, stream.subarray(at), 4000);
        const [expected, actual] = [await shownBy(direct), await shownBy(rig)];
        expect(differences(expected.terminal, actual.terminal), `cuts ${cuts}`).toEqual([]);
      }
    },
  );

  it("is drawn for the size that the shell has by now", async () => {
    const kept = new Kept();
    const first = rigOn(kept, { cols: 60, rows: 20 });
    first.shell.start();
    first.upstream.live();
    first.upstream.output(`${"x".repeat(100)}\r\n\x1b[5;10r\x1b[?2004h`);
    await first.shell.stop({ kind: "detached", reason: "restarting" });
    const offset = kept.last?.offset ?? 0;
    const next = adopt(kept, new Uint8Array(0), offset, { cols: 80, rows: 24 });
    const direct = createTestTerminal(60, 20, 1000);
    direct.feed(`${"x".repeat(100)}\r\n\x1b[5;10r\x1b[?2004h`);
    direct.terminal.resize(80, 24);
    expect(differences(direct, (await shownBy(next)).terminal)).toEqual([]);
  });

  it("is that of a program that says nothing to a new size, of the size in which it was drawn", async () => {
    const drawn = `\x1b[?1049h${"x".repeat(100)}\x1b[10;70Hat the border of 80`;
    const direct = createTestTerminal(80, 24, 1000);
    direct.feed(drawn);
    direct.terminal.resize(100, 30);
    const kept = new Kept();
    const first = rigOn(kept);
    first.shell.start();
    first.upstream.live();
    first.upstream.output(drawn);
    first.shell.resize({ size: { cols: 100, rows: 30 }, policy: "manual" });
    await first.clock.advance(500);
    await first.drawn();
    // No end of the daemon is seen: it is killed.
    const next = adopt(kept, new Uint8Array(Buffer.from(drawn)), 0, { cols: 100, rows: 30 });
    const { terminal } = await shownBy(next, { cols: 100, rows: 30 });
    expect(differences(direct, terminal)).toEqual([]);
  });

  it("keeps the output before it for a client that resumes there", async () => {
    const kept = new Kept();
    const first = rigOn(kept);
    first.shell.start();
    first.upstream.live();
    first.upstream.output("one two three");
    await first.shell.stop({ kind: "detached", reason: "restarting" });
    const next = adopt(kept, new Uint8Array(Buffer.from("two three four")), 4);
    const { sink, result } = await next.attach({ resume: { epoch: EPOCH, offset: 8 } });
    expect(result).toMatchObject({ resumed: true, offset: 8 });
    expect(sink.output).toBe("three four");
  });

  it("draws anew for a client that resumes before the output has come to the checkpoint", async () => {
    const kept = new Kept();
    const first = rigOn(kept);
    first.shell.start();
    first.upstream.live();
    first.upstream.output("one two three");
    await first.shell.stop({ kind: "detached", reason: "restarting" });
    const next = rigOn(kept, { known: true });
    next.shell.start();
    next.upstream.live({ verdict: "same", offset: 0, end: 18 });
    next.upstream.output("one ");
    const attaching = next.attach({ resume: { epoch: EPOCH, offset: 2 }, terminal: false });
    await new Promise((resolve) => setImmediate(resolve));
    await next.clock.advance(2_000);
    const { sink, result } = await attaching;
    expect(result.resumed).toBe(false);
    next.upstream.output("two three four");
    await next.drawn();
    expect(sink.view.offset).toBe(18);
    const direct = createTestTerminal(80, 24, 1000);
    direct.feed("one two three four");
    expect(differences(direct, terminalOf(sink))).toEqual([]);
  });
});

describe("a checkpoint that is not to be trusted", () => {
  const given = (kept: Kept, more: Partial<Snapshot> & { text?: string }) => {
    const { text = "kept", ...rest } = more;
    const bytes = new Uint8Array(Buffer.from(text, "latin1"));
    kept.saved.push({ epoch: EPOCH, offset: 0, size: { cols: 80, rows: 24 }, bytes, ...rest });
  };

  it("rings nothing, asks nothing, types nothing, and sets no clipboard", async () => {
    const kept = new Kept();
    given(kept, {
      text: "a\x07\x05\x1b[6n\x1b[c\x1b]52;c;aGVsbG8=\x07\x1b]9;note\x07\x1bP+q544e\x1b\\b\x1b]52;c;aGVs",
    });
    const rig = adopt(kept, new Uint8Array(Buffer.from("bG8=\x07c")), 0);
    const { sink } = await rig.attach();
    await rig.drawn();
    expect(await rig.drawn()).toContain("ab");
    expect(rig.upstream.input.toString("latin1")).toBe("");
    expect(sink.view.bytes.toString("latin1")).not.toMatch(/\x07|\x05|\x1b\](52|9);|\x1b\[6n|\x1b\[c/);
    expect(sink.notices.filter(({ kind }) => kind === "blocked")).toEqual([]);
  });

  it.each([
    ["another terminal", { epoch: EPOCH.replace("0", "1"), offset: 10 }],
    ["output that is not left any more", { offset: 9 }],
    ["output that has not come yet", { offset: 19 }],
  ])("is not used when it is of %s", async (_case, place) => {
    const kept = new Kept();
    given(kept, place);
    const rig = adopt(kept, new Uint8Array(Buffer.from("xm\r\ndone")), 10);
    expect((await rig.drawn()).trim()).toBe("done");
  });
});

describe("when a screen is handed over", () => {
  const long = "x".repeat(70 * 1024);
  const start = (kept: Kept) => {
    const rig = rigOn(kept);
    rig.shell.start();
    rig.upstream.live();
    return rig;
  };
  const settle = async (rig: ShellRig) => {
    await rig.drawn();
    await rig.drawn();
  };

  it("costs an idle shell nothing, and a little output neither", async () => {
    const kept = new Kept();
    const rig = start(kept);
    rig.upstream.output("x".repeat(60_000));
    await rig.clock.advance(60_000);
    await settle(rig);
    expect(kept.saved).toEqual([]);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it("happens once when much output has come and it pauses", async () => {
    const kept = new Kept();
    const rig = start(kept);
    rig.upstream.output(long);
    await rig.clock.advance(500);
    await settle(rig);
    expect(kept.saved.map(({ offset }) => offset)).toEqual([long.length]);
    await rig.clock.advance(60_000);
    await settle(rig);
    expect(kept.saved.length).toBe(1);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it("happens every two seconds while output does not pause, and not in a flood", async () => {
    const kept = new Kept();
    const rig = start(kept);
    for (let n = 0; n < 80; n++) {
      rig.upstream.output("y".repeat(16 * 1024));
      await rig.clock.advance(100);
      await settle(rig);
    }
    expect(kept.saved.length).toBeGreaterThanOrEqual(3);
    expect(kept.saved.length).toBeLessThanOrEqual(5);
    const before = kept.saved.length;
    for (let n = 0; n < 80; n++) {
      rig.upstream.output("y".repeat(256 * 1024));
      await rig.clock.advance(100);
      await settle(rig);
    }
    expect(kept.saved.length - before).toBeLessThanOrEqual(1);
  });

  it("happens for a new size, and not while the output has no place", async () => {
    const kept = new Kept();
    const rig = rigOn(kept);
    rig.shell.start();
    rig.shell.resize({ size: { cols: 100, rows: 30 }, policy: "manual" });
    expect(rig.clock.pendingTimers).toBe(0);
    rig.upstream.live();
    rig.shell.resize({ size: { cols: 90, rows: 20 }, policy: "manual" });
    await rig.clock.advance(500);
    await settle(rig);
    expect(kept.saved.map(({ size }) => size)).toEqual([{ cols: 90, rows: 20 }]);
    await rig.clock.advance(60_000);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it("happens at the end of the daemon whatever little has come since, and not when the shell has ended", async () => {
    const kept = new Kept();
    const rig = start(kept);
    rig.upstream.output("little");
    await rig.shell.stop({ kind: "detached", reason: "stopping" });
    expect(kept.saved.map(({ offset }) => offset)).toEqual([6]);
    const ended = start(new Kept());
    ended.upstream.output("little");
    ended.upstream.end({ kind: "exited", exit: { kind: "code", exitCode: 0 } });
    await ended.shell.stop({ kind: "detached", reason: "stopping" });
    expect(kept.saved.length).toBe(1);
  });

  it("happens at the end of the daemon when the last one was not taken", async () => {
    const kept = new Kept();
    kept.answer = "refused";
    const rig = start(kept);
    rig.upstream.output(long);
    await rig.clock.advance(500);
    await settle(rig);
    expect(kept.saved.length).toBe(1);
    await rig.clock.advance(60_000);
    await settle(rig);
    expect([kept.saved.length, rig.clock.pendingTimers]).toEqual([1, 0]);
    kept.answer = "stored";
    await rig.shell.stop({ kind: "detached", reason: "restarting" });
    expect(kept.saved.length).toBe(2);
  });

  it("leaves the oldest scrollback out rather than be longer than 2 MiB", async () => {
    const kept = new Kept();
    const rig = start(kept);
    const line = Array.from(
      { length: 80 },
      (_, n) => `\x1b[38;2;${n};${n + 1};200;4:3;58:2::1:2:${n}mx`,
    ).join("");
    const text = Array.from({ length: 1000 }, (_, n) => `${line}\r${n}\r\n`).join("");
    rig.upstream.output(text);
    await rig.shell.stop({ kind: "detached", reason: "stopping" });
    expect(kept.last?.bytes.length).toBeLessThan(2 * MIB);
    expect(kept.last?.bytes.length).toBeGreaterThan(1.5 * MIB);
    const next = adopt(kept, new Uint8Array(0), kept.last?.offset ?? 0);
    const { terminal } = await shownBy(next);
    const lines = terminal.state.normal.ybase;
    const [expected, shown] = [createTestTerminal(80, 24, lines), createTestTerminal(80, 24, lines)];
    expected.feed(text);
    shown.feed((await shownBy(next)).sink.view.bytes);
    expect(lines).toBeGreaterThan(200);
    expect(differences(expected, shown)).toEqual([]);
  });

  it("is not tried again with a runtime that knows nothing of it", async () => {
    const kept = new Kept();
    kept.answer = "unknown";
    const rig = start(kept);
    for (let n = 0; n < 5; n++) {
      rig.upstream.output(long);
      await rig.clock.advance(3_000);
      await settle(rig);
    }
    await rig.shell.stop({ kind: "detached", reason: "stopping" });
    expect(kept.saved.length).toBe(1);
  });
});

describe("output whose beginning is missing", () => {
  const rest = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));

  it.each([
    ["the rest of a control sequence", "6m092M 76580 root\x1b[2;1Hnext", "next"],
    ["the rest of a title", "ome/me: vim\x07 text\r\nnext", "next"],
    ["the rest of a character", Buffer.from("次の行\r\nnext").subarray(1).toString("latin1"), "next"],
    ["a line of text", "ne 17\r\nnext", "next"],
  ])("begins behind %s, and the program is made to draw itself anew", async (_case, text, shown) => {
    const rig = adopt(new Kept(), rest(text), 5_000_000);
    expect((await rig.drawn()).trim()).toBe(shown);
    expect(rig.upstream.nudges).toBe(1);
    const { sink } = await rig.attach({ terminal: false });
    await rig.drawn();
    expect(sink.view.offset).toBe(5_000_000 + text.length);
  });

  it("begins within a bound where there is no such place, with a whole character", async () => {
    const rig = adopt(new Kept(), new Uint8Array(Buffer.from("日".repeat(4000))).subarray(1), 5_000_000);
    expect(await rig.drawn()).toMatch(/^[日\s]+$/);
  });

  it("is all there for a client that resumes inside of it", async () => {
    const rig = adopt(new Kept(), rest("6m092M 76580 root\x1b[2;1Hnext"), 5_000_000);
    const { sink } = await rig.attach({ resume: { epoch: EPOCH, offset: 5_000_002 } });
    expect(sink.output).toBe("092M 76580 root\x1b[2;1Hnext");
  });

  it("is not what a whole replay is: nothing is left out, and no program is disturbed", async () => {
    const rig = adopt(new Kept(), rest("6m all\r\nof it"), 0);
    expect(await rig.drawn()).toContain("6m all");
    expect(rig.upstream.nudges).toBe(0);
  });

  it("is shown whole behind a gap that clients are told of, and the program draws itself anew", async () => {
    const rig = ShellRig.live();
    rig.upstream.output("before\r\n");
    rig.upstream.link({ kind: "lost", attempt: 1, reason: "the connection broke" });
    rig.upstream.live({ verdict: "same", offset: 5000, end: 5012, gap: 4992 });
    rig.upstream.output("6mgap\r\nafter");
    expect(await rig.drawn()).toMatch(/before\n6mgap\n+after/);
    expect(rig.upstream.nudges).toBe(1);
  });

  it.each([
    ["6m092M 76580", "092M 76580"],
    ["?25htext", "text"],
    ["a title\x07text", "text"],
    ["a title\x1b\\text", "text"],
    ["Welcome to this shell", "Welcome to this shell"],
    ["12:30 a log line", "12:30 a log line"],
  ])(
    "of a server that does not count begins without what looks like the rest of a sequence: %j",
    async (text, shown) => {
      const rig = new ShellRig({ known: true });
      rig.shell.start();
      const { runtimeSessionId, shellId } = rig.upstream.request.record;
      rig.upstream.link({ kind: "live", verdict: "unknown", ids: { runtimeSessionId, shellId } });
      rig.upstream.output(text);
      expect((await rig.drawn()).trim()).toBe(shown);
    },
  );

  it("is looked for in the replay alone: what comes live is whole", async () => {
    const rig = new ShellRig({ known: true });
    rig.shell.start();
    const { runtimeSessionId, shellId } = rig.upstream.request.record;
    rig.upstream.link({ kind: "live", verdict: "unknown", ids: { runtimeSessionId, shellId } });
    rig.upstream.link({ kind: "replayed", ambiguous: false });
    await rig.clock.advance(1_000);
    rig.upstream.output("6m of cable");
    expect((await rig.drawn()).trim()).toBe("6m of cable");
  });
});
