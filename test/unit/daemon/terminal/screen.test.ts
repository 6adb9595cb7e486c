import { describe, expect, it, vi } from "vitest";
import { Screen, type ScreenOptions } from "../../../../daemon/terminal/screen.js";
import { Slicer } from "../../../../daemon/terminal/slicer.js";
import { stateOf } from "../../../../daemon/terminal/xterm/xterm-internals.js";
import { createTestTerminal } from "../../../support/test-terminal.js";

// The parser has no known way to break on input; it is made to.
vi.mock("../../../../daemon/terminal/xterm/xterm-internals.js", async (importOriginal) => {
  const original =
    await importOriginal<typeof import("../../../../daemon/terminal/xterm/xterm-internals.js")>();
  const writeNow: typeof original.writeNow = (terminal, piece) => {
    original.writeNow(terminal, piece);
    if (Buffer.from(piece).includes("BREAK")) throw new Error("broken");
  };
  return { ...original, writeNow };
});

const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text);

/** A slicer that runs a turn only when told to, under a clock that stands still. */
class ManualLoop {
  readonly turns: (() => void)[] = [];
  nowMs = 0;
  readonly delayed = new Set<() => void>();
  readonly slicer = new Slicer({
    schedule: (turn) => this.turns.push(turn),
    now: () => this.nowMs,
    delay: (callback) => {
      this.delayed.add(callback);
      return () => this.delayed.delete(callback);
    },
  });

  runAll(): void {
    for (let turn = this.turns.shift(); turn; turn = this.turns.shift()) turn();
  }

  /** The delays are over. */
  runDelayed(): void {
    const [...callbacks] = this.delayed;
    this.delayed.clear();
    for (const callback of callbacks) callback();
    this.runAll();
  }
}

function createScreen(loop: ManualLoop, options: Partial<ScreenOptions> = {}): Screen {
  return new Screen({
    cols: 20,
    rows: 4,
    scrollback: 10,
    slicer: loop.slicer,
    onReply: () => {},
    ...options,
  });
}

async function settled<T>(loop: ManualLoop, promise: Promise<T>): Promise<T> {
  loop.runAll();
  return promise;
}

describe("Screen", () => {
  it("parses nothing in the caller's turn", async () => {
    const loop = new ManualLoop();
    const screen = createScreen(loop);
    screen.write(bytes("\x1b]2;late\x07"), false);
    expect(screen.title).toBeUndefined();
    loop.runAll();
    expect(screen.title).toBe("late");
  });

  it("takes a snapshot of the state at the call, in order with writes and resizes", async () => {
    const loop = new ManualLoop();
    const screen = createScreen(loop);
    screen.write(bytes("before"), false);
    const first = screen.snapshot();
    screen.write(bytes(" after"), false);
    screen.resize({ cols: 40, rows: 10 });
    screen.write(bytes("\x1b[10;40Hx"), false);
    const second = screen.text();
    loop.runAll();
    const client = createTestTerminal(20, 4, 10);
    client.feed(await first);
    expect(client.terminal.buffer.active.getLine(0)?.translateToString(true)).toBe("before");
    expect((await second).split("\n")).toHaveLength(11);
    expect((await second).split("\n")[9]).toBe(`${" ".repeat(39)}x`);
  });

  it("answers queries only of output that was written for answering", () => {
    const loop = new ManualLoop();
    const replies: string[] = [];
    const screen = createScreen(loop, { onReply: (reply) => replies.push(Buffer.from(reply).toString()) });
    screen.write(bytes("\x1b[6n"), false);
    screen.write(bytes("ab\x1b[6n"), true);
    screen.write(bytes("\x1b[c"), false);
    loop.runAll();
    expect(replies).toEqual(["\x1b[1;3R"]);
  });

  it("reports title and directory", () => {
    const loop = new ManualLoop();
    const seen: string[] = [];
    const screen = createScreen(loop, {
      onTitle: (title) => seen.push(title),
      onCwd: (cwd) => seen.push(cwd),
    });
    screen.write(bytes("\x1b]0;work\x07\x1b]7;file://host/tmp/a%20b\x1b\\\x1b[?1049h"), false);
    loop.runAll();
    expect(seen).toEqual(["work", "/tmp/a b"]);
    expect([screen.title, screen.cwd, screen.isAlternate]).toEqual(["work", "/tmp/a b", true]);
  });

  it("reports the old title when a program takes its own back", () => {
    const loop = new ManualLoop();
    const screen = createScreen(loop);
    screen.write(bytes("\x1b]2;shell\x07\x1b[22;0;0t\x1b]2;vim\x07"), false);
    loop.runAll();
    expect(screen.title).toBe("vim");
    screen.write(bytes("\x1b[23;0;0t"), false);
    loop.runAll();
    expect(screen.title).toBe("shell");
  });

  it("says when too much is pending, and when it is little again", () => {
    const loop = new ManualLoop();
    const pressure: boolean[] = [];
    const screen = createScreen(loop, { onPressure: (high) => pressure.push(high) });
    for (let i = 0; i < 160; i++) screen.write(new Uint8Array(64 * 1024).fill(0x61), false);
    expect(pressure).toEqual([true]);
    loop.runAll();
    expect(pressure).toEqual([true, false]);
    loop.runDelayed();
    expect(screen.pendingBytes).toBe(0);
  });

  it("gives every screen its slice while one is flooded", async () => {
    const loop = new ManualLoop();
    const flooded = createScreen(loop);
    const quiet = createScreen(loop);
    // Each look at the clock costs a millisecond: a slice is two pieces.
    Object.defineProperty(loop, "nowMs", {
      get: (
        (now) => () =>
          now++
      )(0),
    });
    flooded.write(new Uint8Array(1024 * 1024).fill(0x61), false);
    quiet.write(bytes("\x1b]2;seen\x07"), false);
    let turns = 0;
    while (quiet.title === undefined && turns++ < 100) loop.turns.shift()?.();
    expect(turns).toBeLessThanOrEqual(2);
    expect(flooded.pendingBytes).toBeGreaterThan(900 * 1024);
  });

  it("joins many small chunks, and keeps characters whole that were cut", async () => {
    const loop = new ManualLoop();
    const screen = createScreen(loop);
    for (const byte of bytes("em — dash, 漢字 😀")) screen.write(Uint8Array.of(byte), false);
    expect(await settled(loop, screen.text())).toBe("em — dash, 漢字 😀\n\n\n\n");
    for (const byte of bytes("\r\n— cut")) {
      screen.write(Uint8Array.of(byte), false);
      loop.runAll();
    }
    expect((await settled(loop, screen.text())).split("\n")[1]).toBe("— cut");
  });

  it("goes on with an empty screen after a fault in the parser", async () => {
    const loop = new ManualLoop();
    const faults: unknown[] = [];
    const screen = createScreen(loop, { onFault: (cause) => faults.push(cause) });
    screen.write(bytes("old BREAK"), false);
    loop.runAll();
    screen.write(bytes("new"), false);
    expect(await settled(loop, screen.text())).toBe("new\n\n\n\n");
    expect(faults).toHaveLength(1);
  });

  it("survives listeners that throw", async () => {
    const loop = new ManualLoop();
    const faults: unknown[] = [];
    const fail = () => {
      throw new Error("listener");
    };
    const screen = createScreen(loop, {
      onFault: (cause) => faults.push(cause),
      onTitle: fail,
      onCwd: fail,
      onReply: fail,
    });
    screen.write(bytes("a\x1b]2;t\x07\x1b]7;file:///x\x07\x1b[cb"), true);
    expect(await settled(loop, screen.text())).toBe("ab\n\n\n\n");
    expect(faults).toHaveLength(3);
  });

  it("erases above from the last cell of a full-screen program, where xterm.js itself breaks", async () => {
    const loop = new ManualLoop();
    const faults: unknown[] = [];
    const screen = createScreen(loop, { onFault: (cause) => faults.push(cause) });
    screen.write(bytes("keep\x1b[?1049habc\x1b[4;20H\x1b[1Jz"), false);
    expect(await settled(loop, screen.text())).toBe(`\n\n\n${" ".repeat(19)}z\n`);
    expect(faults).toEqual([]);
  });

  it("keeps of a cell's marks as many as anybody writes, so that no flood of marks fills it", async () => {
    const loop = new ManualLoop();
    const screen = createScreen(loop);
    screen.write(bytes(`a${"\u0301".repeat(10_000)}b`), false);
    const text = await settled(loop, screen.text());
    expect(text.split("\n")[0]).toMatch(/^a\u0301{20,63}b$/);
    screen.dispose();
  });

  it("keeps the lines at the bottom when a narrower screen makes lines too long for the scrollback", async () => {
    for (let trimmed = 0; trimmed < 15; trimmed++) {
      const loop = new ManualLoop();
      const screen = createScreen(loop);
      screen.write(bytes(`${"trimmed\r\n".repeat(trimmed)}${"x".repeat(20 * 20)}\r\nlast\r\n$ `), false);
      screen.resize({ cols: 5, rows: 4 });
      const text = await settled(loop, screen.text());
      expect(text, `${trimmed} lines before`).toBe("xxxxx\nxxxxx\nlast\n$\n");
      screen.dispose();
    }
  });

  it("rejects what is pending when it is disposed", async () => {
    const loop = new ManualLoop();
    const screen = createScreen(loop);
    const snapshot = screen.snapshot();
    const rejected = expect(snapshot).rejects.toMatchObject({ code: "shell_ended" });
    screen.dispose();
    await rejected;
    await expect(screen.text()).rejects.toMatchObject({ code: "shell_ended" });
    screen.write(bytes("ignored"), false);
    loop.runAll();
  });

  it("shows the scrollback and colours as text", async () => {
    const loop = new ManualLoop();
    const screen = createScreen(loop);
    screen.write(bytes("1\r\n2\r\n3\r\n\x1b[31mred\x1b[m 4\r\n5 \x1b[42m \x1b[m"), false);
    loop.runAll();
    expect(await settled(loop, screen.text())).toBe("2\n3\nred 4\n5\n");
    expect(await settled(loop, screen.text({ start: -9 }))).toBe("1\n2\n3\nred 4\n5\n");
    expect(await settled(loop, screen.text({ start: 2, ansi: true }))).toBe(
      "\x1b[0;31mred\x1b[m 4\n5 \x1b[0;42m \x1b[m\n",
    );
  });

  it("never turns synchronized output on, and clears no scrollback", async () => {
    const loop = new ManualLoop();
    const screen = createScreen(loop);
    screen.write(bytes("\x1b[?2026hhello"), false);
    const drawing = Buffer.from(await settled(loop, screen.snapshot())).toString();
    expect(drawing).not.toContain("\x1b[?2026h");
    expect(drawing).not.toContain("\x1bc");
    expect(drawing).not.toContain("\x1b[3J");
  });

  it("ends with the last printed character, so that marks and repeats find it", async () => {
    for (const next of ["\u0301", "\x1b[3b", "\u200d"]) {
      const loop = new ManualLoop();
      const screen = createScreen(loop);
      const live = createTestTerminal(20, 4, 10);
      screen.write(bytes("cafe"), false);
      live.feed("cafe");
      const client = createTestTerminal(20, 4, 10);
      client.feed(await settled(loop, screen.snapshot()));
      live.feed(next);
      client.feed(next);
      const line = (terminal: typeof live) =>
        terminal.terminal.buffer.active.getLine(0)?.translateToString(true);
      expect(line(client)).toBe(line(live));
      expect(stateOf(client.terminal).active.x).toBe(stateOf(live.terminal).active.x);
    }
  });
});
