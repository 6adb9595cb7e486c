// What agentd says and does around the shell's output: notices, ends, the connect line, typed input, prefixes, the restore.
import { describe, expect, it } from "vitest";
import { ConnectLine, roomBelow } from "../../../../client/attach/connect-line.js";
import { endOfNotice } from "../../../../client/attach/notice-text.js";
import { OutputTracker } from "../../../../client/attach/output-tracker.js";
import { parsePrefix, prefixLabel } from "../../../../client/attach/prefix-name.js";
import { restoreSequence } from "../../../../client/attach/restore-sequence.js";
import { StatusLine } from "../../../../client/attach/status-line.js";
import { OutputFilter } from "../../../../daemon/terminal/filter/output-filter.js";
import type { Notice } from "../../../../shared/notice.js";

describe("endOfNotice", () => {
  it.each<[Notice, number, string]>([
    [
      { kind: "ended", exit: { kind: "code", exitCode: 0 }, durationMs: 7_980_000 },
      0,
      "work exited · 0 · 2h13m",
    ],
    [{ kind: "ended", exit: { kind: "code", exitCode: 3 }, durationMs: 1000 }, 3, "work exited · 3 · 1s"],
    [
      { kind: "ended", exit: { kind: "signal", signal: 9, exitCode: 137 }, durationMs: 1 },
      137,
      "work exited · killed by signal 9 (137)",
    ],
    [
      { kind: "ended", exit: { kind: "unknown", message: "no exit code" }, durationMs: 1 },
      254,
      "work ended · exit status unknown · no exit code",
    ],
    [{ kind: "gone", message: "not found" }, 254, "work is gone · not found"],
    [{ kind: "detached", reason: "key" }, 0, "detached from work · agentd attach work"],
    [
      { kind: "detached", reason: "elsewhere" },
      0,
      "detached from work by another client · agentd attach work",
    ],
    [{ kind: "detached", reason: "other" }, 0, "detached from work by another client · agentd attach work"],
    [
      { kind: "detached", reason: "taken" },
      254,
      "work was taken by another client · agentd attach --take work",
    ],
    [
      { kind: "detached", reason: "stopping" },
      254,
      "agentd was stopped · work lives on · agentd attach work",
    ],
  ])("ends with %j", (notice, status, line) => expect(endOfNotice("work", notice)).toEqual({ status, line }));

  it("comes back after a restart, and goes on after everything else", () => {
    expect(endOfNotice("work", { kind: "detached", reason: "restarting" })).toBe("restart");
    expect(endOfNotice("work", { kind: "taken" })).toBeUndefined();
    expect(endOfNotice("work", { kind: "future" } as unknown as Notice)).toBeUndefined();
  });
});

describe("connect line", () => {
  const room = (text: string, rows = 24) => roomBelow(Buffer.from(text), rows);

  it("has its row below a short screen", () => {
    expect(room(`$ ${"\r\n".repeat(23)}\x1b[1;3H\x1b[0m`)).toEqual({
      lastRowIsFree: true,
      lineFeedsLeft: 23,
    });
    expect(
      room(`$ ${"\r\n".repeat(23)}\x1b[?5W\x1b[1;1H\x1b(B\x1b7\x0f\x1b]8;;\x1b\\\x1b[m\x1b[1;3H`)
        .lastRowIsFree,
    ).toBe(true);
    expect(room("$ ")).toEqual({ lastRowIsFree: true, lineFeedsLeft: 23 });
    expect(room(`a\r\nb\r\n$ \x1b[3;3H`)).toEqual({ lastRowIsFree: true, lineFeedsLeft: 21 });
  });

  it("has none where something is drawn, where the screen scrolls, or in the alternate screen", () => {
    expect(room(`$ ${"\r\n".repeat(23)}x\x1b[1;3H`).lastRowIsFree).toBe(false);
    expect(room(`$ ${"\r\n".repeat(24)}\x1b[1;3H`).lastRowIsFree).toBe(false);
    expect(room(`${"\r\n".repeat(23)}\x1b[24;1H`).lastRowIsFree).toBe(false);
    expect(room("\x1b[?1049h").lastRowIsFree).toBe(false);
    expect(room("$ ", 1).lastRowIsFree).toBe(false);
  });

  it("goes before the output that may reach it, wrapped lines included", () => {
    const size = { cols: 10, rows: 24 };
    const line = new ConnectLine({ lastRowIsFree: true, lineFeedsLeft: 3 }, size);
    expect(line.mustGo(Buffer.from("a\nb\n"))).toBe(false);
    expect(line.mustGo(Buffer.from("short"))).toBe(false);
    expect(line.mustGo(Buffer.from("over ten columns"))).toBe(true);
    expect(line.eraseSequence).toBe("\x1b7\x1b[?6l\x1b[0m\x1b[24;1H\x1b[2K\x1b8");
  });

  it("never wraps", () => {
    const line = new ConnectLine({ lastRowIsFree: true, lineFeedsLeft: 3 }, { cols: 10, rows: 5 });
    expect(line.drawSequence("0123456789abc", false)).toBe("\x1b7\x1b[?6l\x1b[0m\x1b[5;1H0123456…]\x1b8");
    expect(line.drawSequence("abc", true)).toBe("\x1b7\x1b[?6l\x1b[0m\x1b[5;1H\x1b[2mabc\x1b8");
  });
});

describe("StatusLine", () => {
  const make = (enabled = true) => {
    const written: string[] = [];
    const tracker = new OutputTracker();
    let idle = true;
    const line = new StatusLine({
      enabled,
      color: false,
      tracker,
      cols: () => 20,
      isIdle: () => idle,
      write: (text) => written.push(text),
    });
    return { line, tracker, written, setIdle: (value: boolean) => (idle = value) };
  };

  it("starts on a line of its own, and so does the output behind it", () => {
    const { line, tracker, written } = make();
    tracker.push(Buffer.from("$ "));
    line.say("one");
    line.beforeOutput();
    expect(written).toEqual(["\r\n[one]", "\r\n"]);
  });

  it("replaces a line that nothing has followed", () => {
    const { line, written } = make();
    line.say("retry 1");
    line.say("retry 2");
    expect(written).toEqual(["\r[retry 1]", "\r\x1b[2K[retry 2]"]);
  });

  it("waits for the end of the alternate screen, of a sequence, and of output under way; only the newest line waits", () => {
    const { line, tracker, written, setIdle } = make();
    tracker.push(Buffer.from("\x1b[?1049h"));
    line.say("lost");
    line.say("back");
    expect(written).toEqual([]);
    tracker.push(Buffer.from("\x1b[?1049l\x1b[3"));
    line.flush();
    expect(written).toEqual([]);
    tracker.push(Buffer.from("1m"));
    setIdle(false);
    line.flush();
    expect(written).toEqual([]);
    setIdle(true);
    line.flush();
    expect(written).toEqual(["\r\n[back]"]);
  });

  it("erases a line that wrapped from all of its rows", () => {
    const { line, written } = make();
    line.say("x".repeat(18));
    line.say("x".repeat(19));
    line.say("three");
    expect(written.map((text) => text.replace(/\[x+\]/, "[x]"))).toEqual([
      "\r[x]",
      "\r\x1b[2K[x]",
      "\r\x1b[2K\x1b[A\x1b[2K[three]",
    ]);
  });

  it("leaves what was lost standing, and amends it", () => {
    const { line, written } = make();
    line.say("lost 1");
    line.say("new shell", "lasting");
    line.say("new shell, more", "amends");
    line.say("lost 2");
    line.say("back", "calm");
    expect(written).toEqual([
      "\r[lost 1]",
      "\r\x1b[2K[new shell]",
      "\r\x1b[2K[new shell, more]",
      "\r\n[lost 2]",
      "\r\x1b[2K[back]",
    ]);
  });

  it("keeps what was lost for the end of the alternate screen, and is silent of trouble that came and went there", () => {
    const { line, tracker, written } = make();
    tracker.push(Buffer.from("\x1b[?1049h"));
    line.say("no answer");
    line.say("answers again", "calm");
    line.say("lost 1");
    line.say("7 B in doubt", "lasting");
    line.say("lost 2");
    line.say("back", "calm");
    tracker.push(Buffer.from("\x1b[?1049l"));
    line.flush();
    line.flush();
    expect(written).toEqual(["\r\n[7 B in doubt]"]);
  });

  it("says nothing when it is off", () => {
    const { line, written } = make(false);
    line.say("one");
    line.beforeOutput();
    expect(written).toEqual([]);
  });
});

describe("prefix names", () => {
  it.each([
    ["C-]", 0x1d, "Ctrl-]"],
    ["C-b", 2, "Ctrl-b"],
    ["C-A", 1, "Ctrl-a"],
    ["C-\\", 0x1c, "Ctrl-\\"],
    ["C-[", 0x1d, "Ctrl-]"],
    ["nonsense", 0x1d, "Ctrl-]"],
    ["none", undefined, undefined],
  ])("reads %s", (text, prefix, label) => {
    expect(parsePrefix(text).prefix).toBe(prefix);
    expect(prefixLabel(parsePrefix(text))).toBe(label);
  });

  it("reads the keys of agentcore", () =>
    expect(parsePrefix("agentcore")).toEqual({ prefix: 0x1d, loneDetaches: true }));
});

const NOTHING_SET = { leftOn: new Set<string>(), colors: new Set<string>() };

describe("restoreSequence", () => {
  it("leaves the alternate screen and origin mode only when they are on, because both move the cursor", () => {
    const plain = restoreSequence({ ...NOTHING_SET, alternate: false, origin: false });
    expect(plain).not.toMatch(/1049l|\?6l/);
    expect(restoreSequence({ ...NOTHING_SET, alternate: true, origin: true })).toMatch(/\?1049l.*\?6l/s);
  });

  it("clears nothing: no erase, no reset, no title, no scrollback", () => {
    const all = restoreSequence({ ...NOTHING_SET, alternate: true, origin: true });
    // ED, EL, RIS, OSC 0..2.
    expect(all).not.toMatch(/\x1b\[[0-3]?[JK]|\x1bc|\x1b\][012];/);
  });

  it("gives back the colours that were set, and only those, and the modes that only the program can have switched on", () => {
    const tracker = new OutputTracker();
    const feed = (text: string) => tracker.push(new TextEncoder().encode(text));
    feed("\u001b]11;?\u0007\u001b]4;1;?\u001b\\\u001b]8;;http://a/\u0007");
    expect(restoreSequence(tracker)).not.toMatch(/\u001b\]1[01]/);
    feed("\u001b]10;red;blue\u0007\u001b]4;1;?;2;red\u001b\\\u001b[?1007;2027h\u001b[?9001h\u001b[?9001l");
    const restored = restoreSequence(tracker);
    for (const part of ["\u001b]110\u001b\\", "\u001b]111\u001b\\", "\u001b]104\u001b\\", "?1007l", "?2027l"])
      expect(restored).toContain(part);
    expect(restored).not.toContain("?9001l");
    expect(restored).not.toContain("\u001b]112");
  });

  it("switches off every mode that a program can switch on through the safety filter", () => {
    const filter = new OutputFilter({ name: () => "work", now: () => 0, onBlocked: () => {} });
    // On by default, part of a screen that is left, the cursor's own shape, actions, or colours and charsets (above).
    const other = new Set([7, 12, 25, 47, 66, 1047, 1048, 1049, 6, 1]);
    for (let mode = 1; mode <= 10_000; mode++) {
      const set = new TextEncoder().encode(`\u001b[?${mode}h`);
      if (filter.push(set).length === 0 || other.has(mode)) continue;
      const tracker = new OutputTracker();
      tracker.push(set);
      expect(restoreSequence(tracker), String(mode)).toContain(`\u001b[?${mode}l`);
    }
  });
});
