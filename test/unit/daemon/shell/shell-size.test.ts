import { describe, expect, it } from "vitest";
import { Channel } from "../../../../shared/channel.js";
import type { SizePolicy } from "../../../../shared/size.js";
import { type CollectingSink, type RigClient, ShellRig } from "../../../support/shell-rig.js";
import { createTestTerminal } from "../../../support/test-terminal.js";

const sizeOf = ({ shell }: ShellRig) => `${shell.info().cols}x${shell.info().rows}`;
const resize = (client: RigClient, cols: number, rows: number) =>
  client.frame(Channel.Resize, `{"width":${cols},"height":${rows}}`);
const kinds = (sink: CollectingSink) => sink.notices.map(({ kind }) => kind);
/** Time for screens to be drawn anew, and the drawing. */
async function refitted(rig: ShellRig): Promise<void> {
  await rig.clock.advance(100);
  await rig.drawn();
}

/** What a terminal of this size shows that was sent what the client was sent. */
function shownOn(sink: CollectingSink, cols: number, rows: number) {
  const shown = createTestTerminal(cols, rows, 1000);
  shown.feed(sink.view.bytes);
  const { active } = shown.terminal.buffer;
  const lines = Array.from({ length: rows }, (_, row) =>
    active.getLine(active.baseY + row)?.translateToString(true),
  );
  return { lines, cursor: [active.cursorX, active.cursorY] };
}

describe("the size of a shell", () => {
  it.each<[SizePolicy, readonly string[]]>([
    // Third comes, first types, second leaves, first shrinks, first leaves, third leaves.
    ["latest", ["100x40", "120x30", "120x30", "60x20", "100x40", "100x40"]],
    ["smallest", ["80x24", "80x24", "100x30", "60x20", "100x40", "100x40"]],
    ["largest", ["120x40", "120x40", "120x40", "100x40", "100x40", "100x40"]],
    ["manual", ["80x24", "80x24", "80x24", "80x24", "80x24", "80x24"]],
  ])("follows who comes, types, leaves and changes: %s", async (sizePolicy, expected) => {
    const rig = ShellRig.live({ sizePolicy });
    const first = await rig.attach({ cols: 120, rows: 30 });
    const second = await rig.attach({ cols: 80, rows: 24 });
    const third = await rig.attach({ cols: 100, rows: 40 });
    const seen = [sizeOf(rig)];
    const steps = [
      () => first.type("x"),
      () => second.client.closed(),
      () => resize(first, 60, 20),
      () => first.client.closed(),
      () => third.client.closed(),
    ];
    for (const step of steps) {
      step();
      seen.push(sizeOf(rig));
    }
    expect(seen).toEqual(expected);
  });

  it("is not that of clients that only watch, under any policy", async () => {
    for (const sizePolicy of ["latest", "smallest", "largest"] as const) {
      const rig = ShellRig.live({ sizePolicy });
      await rig.attach({ cols: 100, rows: 30 });
      const watchers = [
        await rig.attach({ cols: 10, rows: 10, readOnly: true }),
        await rig.attach({ cols: 300, rows: 90, ignoreSize: true }),
        await rig.attach({ cols: 300, rows: 90, terminal: false }),
      ];
      for (const watcher of watchers) {
        watcher.type("x");
        resize(watcher, 20, 5);
        watcher.frame(Channel.Notice, '{"kind":"lead"}');
      }
      expect(sizeOf(rig), sizePolicy).toBe("100x30");
    }
  });

  it("changes with the policy at once, and holds by hand until the policy changes again", async () => {
    const rig = ShellRig.live();
    await rig.attach({ cols: 120, rows: 30 });
    const last = await rig.attach({ cols: 80, rows: 40 });
    rig.shell.resize({ policy: "smallest" });
    expect(sizeOf(rig)).toBe("80x30");
    rig.shell.resize({ size: { cols: 200, rows: 60 } });
    last.type("x");
    resize(last, 81, 41);
    expect(sizeOf(rig)).toBe("200x60");
    expect(rig.shell.info().sizePolicy).toBe("manual");
    rig.shell.resize({ policy: "latest" });
    expect(sizeOf(rig)).toBe("81x41");
    expect(rig.shell.info().sizePolicy).toBeUndefined();
    expect(rig.upstream.sizes.at(-1)).toBe("81x41");
  });

  it("tells the clients of another policy, also when the size stays, and of both at once", async () => {
    const rig = ShellRig.live();
    const one = await rig.attach({ cols: 80, rows: 24 });
    const other = await rig.attach({ cols: 90, rows: 30, ignoreSize: true });
    await rig.drawn();
    const seen = [0, 0];
    const told = () =>
      [one, other].map(({ sink }, index) => {
        const notices = sink.notices.filter(({ kind }) => kind === "resized");
        const news = notices.slice(seen[index]);
        seen[index] = notices.length;
        return news;
      });
    told();
    rig.shell.resize({ policy: "smallest" });
    const news = { kind: "resized", cols: 80, rows: 24, policy: "smallest" };
    expect(told()).toEqual([[{ ...news, leads: true }], [{ ...news, leads: false }]]);
    rig.shell.resize({ policy: "smallest" });
    expect(told()).toEqual([[], []]);
    rig.shell.resize({ size: { cols: 80, rows: 24 } });
    expect(told().map((notices) => notices.length)).toEqual([1, 1]);
    rig.shell.resize({ policy: "latest" });
    told();
    rig.shell.resize({ size: { cols: 100, rows: 40 } });
    const both = { kind: "resized", cols: 100, rows: 40, policy: "manual" };
    expect(told()).toEqual([[{ ...both, leads: true }], [{ ...both, leads: false }]]);
  });

  it("goes into the record with its policy, so that the next daemon has both", () => {
    const rig = ShellRig.live();
    rig.shell.resize({ size: { cols: 132, rows: 43 } });
    expect(rig.records.at(-1)).toMatchObject({ sizePolicy: "manual", cols: 132, rows: 43 });
    rig.shell.resize({ policy: "latest" });
    expect(rig.records.at(-1)?.sizePolicy).toBeUndefined();
  });

  it("is refused together with a policy that would change it, or when nothing is given", () => {
    const rig = ShellRig.live();
    const bad = expect.objectContaining({ code: "invalid_params" });
    expect(() => rig.shell.resize({ size: { cols: 1, rows: 1 }, policy: "latest" })).toThrow(bad);
    expect(() => rig.shell.resize({})).toThrow(bad);
    expect(sizeOf(rig)).toBe("80x24");
  });
});

describe("a burst of sizes", () => {
  it("counts with its first at once and with its last a frame later, whoever else is attached", async () => {
    const rig = ShellRig.live();
    const other = await rig.attach();
    const busy = await rig.attach();
    await rig.drawn();
    for (let i = 0; i < 10_000; i++) resize(busy, 100 + (i % 50), 30);
    expect(sizeOf(rig)).toBe("100x30");
    await rig.clock.advance(16);
    expect(rig.upstream.sizes.slice(-2)).toEqual(["100x30", "149x30"]);
    expect(kinds(other.sink).filter((kind) => kind === "resized")).toHaveLength(2);
  });

  it("costs one size in each frame for as long as it goes on", async () => {
    const rig = ShellRig.live();
    const busy = await rig.attach();
    const before = rig.upstream.sizes.length;
    for (let ms = 0; ms < 160; ms++) {
      for (let i = 0; i < 10; i++) resize(busy, 81 + ((ms * 10 + i) % 100), 24);
      await rig.clock.advance(1);
    }
    expect(rig.upstream.sizes.length - before).toBe(11);
  });

  it("is over when its client leaves: what waits counts no more", async () => {
    const rig = ShellRig.live();
    const staying = await rig.attach({ cols: 90, rows: 25 });
    staying.type("x");
    const leaving = await rig.attach();
    leaving.type("x");
    const timers = rig.clock.pendingTimers;
    resize(leaving, 100, 30);
    resize(leaving, 120, 40);
    leaving.client.closed();
    expect(sizeOf(rig)).toBe("90x25");
    await rig.clock.advance(100);
    expect(sizeOf(rig)).toBe("90x25");
    expect(rig.clock.pendingTimers).toBeLessThanOrEqual(timers);
  });

  it("counts as a whole before a drawing that its client asks for right behind it", async () => {
    const rig = ShellRig.live();
    const only = await rig.attach();
    await rig.drawn();
    resize(only, 100, 30);
    resize(only, 120, 40);
    only.frame(Channel.Snapshot);
    expect(sizeOf(rig)).toBe("120x40");
  });
});

describe("a change of size", () => {
  it("gives every client whose screen it has made wrong one drawing, and none to the window that changed itself", async () => {
    const rig = ShellRig.live();
    const other = await rig.attach();
    const leader = await rig.attach();
    await rig.drawn();
    for (let cols = 81; cols <= 100; cols++) resize(leader, cols, 30);
    await refitted(rig);
    expect(leader.sink.view.snapshots).toBe(1);
    expect(other.sink.view.snapshots).toBe(2);
    expect(other.sink.notices.at(-1)).toEqual({ kind: "resized", cols: 100, rows: 30, leads: false });
  });

  it("gives a client that takes the lead by typing a drawing in its own size", async () => {
    const rig = ShellRig.live();
    const small = await rig.attach({ cols: 40, rows: 10 });
    await rig.attach({ cols: 80, rows: 24 });
    rig.upstream.output(`${"x".repeat(60)}\r\n$ `);
    await rig.drawn();
    small.type("y");
    await refitted(rig);
    expect(sizeOf(rig)).toBe("40x10");
    const { lines } = shownOn(small.sink, 40, 10);
    expect(lines.slice(0, 2)).toEqual(["x".repeat(40), "x".repeat(20)]);
  });

  it("does not send the lines above the screen again", async () => {
    const rig = ShellRig.live();
    const other = await rig.attach();
    const leader = await rig.attach();
    for (let n = 0; n < 100; n++) rig.upstream.output(`line ${n}\r\n`);
    await rig.drawn();
    resize(leader, 70, 20);
    await refitted(rig);
    expect(other.sink.view.snapshots).toBe(2);
    expect(other.sink.view.bytes.toString()).toContain("line 99");
    expect(other.sink.view.bytes.toString()).not.toContain("line 50\r\n");
  });

  it("is healed also when only the window of one that does not lead changes", async () => {
    const rig = ShellRig.live();
    const watcher = await rig.attach({ ignoreSize: true });
    await rig.attach();
    await rig.drawn();
    resize(watcher, 60, 20);
    await refitted(rig);
    resize(watcher, 80, 24);
    await refitted(rig);
    expect(watcher.sink.view.snapshots).toBe(3);
  });

  it("costs no byte of output, however often the size changes and however late the drawings come", async () => {
    const rig = ShellRig.live();
    const other = await rig.attach({ cols: 40, rows: 10 });
    const leader = await rig.attach();
    await rig.drawn();
    let sent = "";
    for (let round = 0; round < 30; round++) {
      resize(leader, 60 + round, 20);
      for (let n = 0; n < 40; n++) {
        const line = `round ${round} line ${n} ${"x".repeat(n * 50)}\r\n`;
        sent += line;
        rig.upstream.output(line);
        if (n % 10 === 0) await rig.clock.advance(30);
        other.sink.stopped = n % 7 < 5;
        if (!other.sink.stopped) other.sink.read();
      }
    }
    other.sink.read();
    await rig.clock.advance(1_000);
    await rig.drawn();
    await rig.clock.advance(1_000);
    await rig.drawn();
    expect(other.sink.output).toBe(sent);
    expect(kinds(other.sink)).not.toContain("skipped");
    expect(other.sink.view.snapshots).toBeGreaterThan(1);
  });

  it("reaches nobody who has left meanwhile", async () => {
    const rig = ShellRig.live();
    const other = await rig.attach();
    const leader = await rig.attach();
    await rig.drawn();
    resize(leader, 70, 20);
    other.client.closed();
    const sent = other.sink.frames.length;
    await refitted(rig);
    expect(other.sink.frames.length).toBe(sent);
  });
});

describe("a window of another size", () => {
  const fill = (rig: ShellRig) => {
    for (let n = 0; n < 50; n++) rig.upstream.output(`${n} ${"abcdefghij".repeat(7)}\r\n`);
    rig.upstream.output("$ ");
  };

  it("that is larger shows the screen in its left top corner, with the cursor where it belongs", async () => {
    const rig = ShellRig.live();
    await rig.attach();
    fill(rig);
    const { sink } = await rig.attach({ cols: 100, rows: 40, readOnly: true });
    await rig.drawn();
    const { lines, cursor } = shownOn(sink, 100, 40);
    expect(lines[0]).toMatch(/^27 /);
    expect(lines.slice(22, 25)).toEqual([expect.stringMatching(/^49 /), "$ ", ""]);
    expect(cursor).toEqual([2, 23]);
    expect(sink.view.bytes.toString()).toContain("0 abc");
  });

  it("that is smaller shows the part around the cursor, cut and not wrapped", async () => {
    const rig = ShellRig.live();
    await rig.attach();
    fill(rig);
    const { sink } = await rig.attach({ cols: 30, rows: 10, readOnly: true });
    await rig.drawn();
    const { lines, cursor } = shownOn(sink, 30, 10);
    expect(lines).toEqual([
      ...Array.from({ length: 9 }, (_, row) => `${41 + row} ${"abcdefghij".repeat(7)}`.slice(0, 30)),
      "$ ",
    ]);
    expect(cursor).toEqual([2, 9]);
  });

  it("that is smaller shows the top of a full-screen program whose cursor is there", async () => {
    const rig = ShellRig.live();
    await rig.attach();
    rig.upstream.output("\u001b[?1049h\u001b[H\u001b[2Jtop\u001b[24;1Hstatus\u001b[2;5H");
    const { sink } = await rig.attach({ cols: 30, rows: 10, readOnly: true });
    await rig.drawn();
    const { lines, cursor } = shownOn(sink, 30, 10);
    expect(lines).toEqual(["top", ...Array.from({ length: 9 }, () => "")]);
    expect(cursor).toEqual([4, 1]);
  });
});

describe("output in a window of another size", () => {
  it("is mended in one that is too small, half a second after it came, and again after more of it", async () => {
    const rig = ShellRig.live();
    await rig.attach();
    const { sink } = await rig.attach({ cols: 40, rows: 10, readOnly: true });
    await rig.drawn();
    for (const round of ["first", "second"]) {
      const before = sink.view.snapshots;
      for (let row = 1; row <= 24; row++)
        rig.upstream.output(`\u001b[${row};1H${round} row ${row}`.padEnd(70, "."));
      rig.upstream.output("\u001b[1;1H");
      await rig.clock.advance(499);
      expect(sink.view.snapshots).toBe(before);
      await rig.clock.advance(1);
      await rig.drawn();
      expect(sink.view.snapshots).toBe(before + 1);
      const { cursor, lines } = shownOn(sink, 40, 10);
      expect(lines[9]).toMatch(new RegExp(`^${round} row 10\\.+$`));
      expect(cursor).toEqual([0, 0]);
    }
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it("is put right in a pause in one that is larger: what wraps and scrolls at the shell's edges does not at its own", async () => {
    const rig = ShellRig.live();
    await rig.attach();
    const { sink } = await rig.attach({ cols: 100, rows: 30, readOnly: true });
    await rig.drawn();
    for (let row = 1; row <= 24; row++) rig.upstream.output(`${String(row).padEnd(85, ".")}\r\n`);
    await rig.clock.advance(299);
    rig.upstream.output("still flowing");
    await rig.clock.advance(299);
    await rig.drawn();
    expect(sink.view.snapshots).toBe(1);
    await rig.clock.advance(1);
    await rig.drawn();
    expect(sink.view.snapshots).toBe(2);
    const { cursor, lines } = shownOn(sink, 100, 30);
    expect(lines[21]).toBe(`24${".".repeat(78)}`);
    expect(lines[22]).toBe(".....");
    expect(lines[23]).toBe("still flowing");
    expect(cursor).toEqual([13, 23]);
    await rig.clock.advance(1_000);
    await rig.drawn();
    expect(sink.view.snapshots).toBe(2);
  });

  it("is put right after a change of size although the output never pauses", async () => {
    const rig = ShellRig.live();
    const leader = await rig.attach();
    const { sink } = await rig.attach({ cols: 100, rows: 30, readOnly: true });
    await rig.drawn();
    resize(leader, 90, 25);
    for (let at = 0; at < 20; at++) {
      rig.upstream.output("text ");
      await rig.clock.advance(10);
    }
    await rig.drawn();
    expect(sink.view.snapshots).toBe(2);
  });

  it("is left alone in a client that is no terminal", async () => {
    const rig = ShellRig.live();
    const leader = await rig.attach();
    const script = await rig.attach({ cols: 20, rows: 5, terminal: false });
    await rig.drawn();
    rig.upstream.output("one");
    await rig.clock.advance(1_000);
    resize(leader, 90, 25);
    rig.upstream.output("two");
    await rig.clock.advance(1_000);
    await rig.drawn();
    expect(script.sink.view.snapshots).toBe(1);
    expect(script.sink.output).toBe("onetwo");
  });
});

describe("a full-screen program in a window that is too small for it", () => {
  const begin = "\u001b[?1049h\u001b[H\u001b[2J";
  const page = (word: string) =>
    Array.from(
      { length: 24 },
      (_, row) => `\u001b[${row + 1};1H${`${word} ${row + 1}`.padEnd(80, ".")}`,
    ).join("");

  async function inProgram() {
    const rig = ShellRig.live();
    const leader = await rig.attach();
    const watcher = await rig.attach({ cols: 40, rows: 10, readOnly: true });
    await rig.drawn();
    rig.upstream.output(begin);
    await rig.drawn();
    rig.upstream.output("\u001b[1;1H");
    await refitted(rig);
    return { rig, leader, watcher };
  }

  it("is shown by drawings alone, ten a second at most, and never by bytes that do not fit", async () => {
    const { rig, leader, watcher } = await inProgram();
    const before = { output: watcher.sink.output, snapshots: watcher.sink.view.snapshots };
    for (let n = 0; n < 20; n++) {
      rig.upstream.output(page(`page${n}`));
      rig.upstream.output("\u001b[3;5H");
      await rig.clock.advance(20);
      await rig.drawn();
      expect(shownOn(watcher.sink, 40, 10).lines[9] ?? "").toMatch(/^$|^page\d+ 10\.+$/);
    }
    expect(watcher.sink.output).toBe(before.output);
    expect(watcher.sink.view.snapshots - before.snapshots).toBe(4);
    await refitted(rig);
    const { lines, cursor } = shownOn(watcher.sink, 40, 10);
    expect(lines[0]).toBe("page19 1".padEnd(40, "."));
    expect(cursor).toEqual([4, 2]);
    expect(leader.sink.output).toContain("page13");
  });

  it("ends in bytes again behind a drawing of the main screen, at the place that the client counts", async () => {
    const { rig, watcher } = await inProgram();
    rig.upstream.output(page("page"));
    rig.upstream.output("\u001b[?1049l$ ");
    await rig.drawn();
    rig.upstream.output("echo");
    await rig.drawn();
    rig.upstream.output(" now");
    await refitted(rig);
    expect(watcher.sink.output.endsWith(" now")).toBe(true);
    expect(shownOn(watcher.sink, 40, 10).lines[0]).toBe("$ echo now");
    const { epoch, offset } = watcher.sink.view;
    await rig.drawn();
    const again = await rig.attach({
      cols: 40,
      rows: 10,
      readOnly: true,
      resume: { epoch: epoch ?? "", offset },
    });
    expect(again.result).toMatchObject({ resumed: true, offset });
  });

  it("goes on in bytes when the window gets the shell's size", async () => {
    const { rig, watcher } = await inProgram();
    rig.upstream.output(page("page"));
    resize(watcher, 80, 24);
    rig.upstream.output("\u001b[1;1Hfits");
    await refitted(rig);
    expect(shownOn(watcher.sink, 80, 24).lines[0]).toMatch(/^fits 1\.+$/);
    expect(watcher.sink.output).toContain("fits");
  });

  it("leaves its questions to the daemon when it is the leader's window", async () => {
    const rig = ShellRig.live({ sizePolicy: "manual" });
    const { sink } = await rig.attach({ cols: 40, rows: 10 });
    await rig.drawn();
    rig.upstream.output(begin);
    await rig.drawn();
    rig.upstream.output("\u001b[1;1H");
    rig.upstream.output("\u001b[5n");
    await rig.drawn();
    expect(sink.output).not.toContain("\u001b[5n");
    expect(rig.upstream.input.toString()).toBe("\u001b[0n");
  });

  it("shows its last screen before the end", async () => {
    const { rig, watcher } = await inProgram();
    rig.upstream.output("\u001b[?1049lbye");
    rig.upstream.end({ kind: "exited", exit: { kind: "code", exitCode: 0 } });
    await rig.drawn();
    await rig.drawn();
    expect(shownOn(watcher.sink, 40, 10).lines[0]).toBe("bye");
    expect(kinds(watcher.sink).at(-1)).toBe("ended");
    expect(watcher.sink.ended).toBe(true);
  });
});

describe("who is attached", () => {
  it("is listed in order, with size, role, lead and what the client says of itself", async () => {
    const rig = ShellRig.live();
    const first = await rig.attach({ cols: 100, rows: 30, tty: "/dev/pts/3", pid: 4242 });
    await rig.attach({ cols: 60, rows: 20, readOnly: true, tty: "/dev/\u001b[31m" });
    await rig.attach({ cols: 70, rows: 21, ignoreSize: true });
    const since = new Date(rig.clock.now()).toISOString();
    expect(rig.shell.info()).toMatchObject({ clients: 3 });
    expect(rig.shell.info().attached).toEqual([
      { id: 1, since, cols: 100, rows: 30, leads: true, tty: "/dev/pts/3", pid: 4242 },
      { id: 2, since, cols: 60, rows: 20, leads: false, readOnly: true, tty: "/dev/^[[31m" },
      { id: 3, since, cols: 70, rows: 21, leads: false, ignoreSize: true },
    ]);
    first.client.closed();
    expect(rig.shell.info().attached.map(({ id, leads }) => [id, leads])).toEqual([
      [2, false],
      [3, false],
    ]);
  });
});
