// Output as lines of text: progress bars, line editors, sequences cut anywhere.

import { describe, expect, it } from "vitest";
import { LineText, type LineTextOptions } from "../../../../client/follow/line-text.js";
import { SafeAnsi } from "../../../../client/follow/safe-ansi.js";
import { spansAnsi } from "../../../../client/follow/spans-ansi.js";
import { fc } from "../../../support/property.js";

const encoder = new TextEncoder();
function linesOf(output: string, options: Partial<LineTextOptions> = {}): string[] {
  const lines = new LineText({ cols: 80, ...options });
  const finished = [...lines.push(encoder.encode(output))];
  return lines.rest === "" ? finished : [...finished, lines.rest];
}

describe("LineText", () => {
  it.each<[string, string, string[]]>([
    ["plain lines", "a\r\nb\nc", ["a", "b", "c"]],
    ["a progress bar's last state", "10%\r 50%\r100%\r\ndone\n", ["100%", "done"]],
    ["what a shorter text leaves", "abcdef\rxy\x1b[K\r\n", ["xy"]],
    ["a backspace", "lz\b \bs\r\n", ["ls"]],
    [
      "colours, titles and links",
      "\x1b[1;31mred\x1b[m \x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\r\n",
      ["red link"],
    ],
    ["inserted and deleted characters", "acd\x1b[2D\x1b[@b\r\nabXc\x1b[2D\x1b[P\r\n", ["abcd", "abc"]],
    ["tabs and jumps", "a\tb\x1b[3Cc\r\n", ["a       b   c"]],
    ["wide characters", "漢字\b\b  \r\n", ["漢"]],
    ["what goes up begins a new line", "one\r\ntwo\x1b[A\rthree\r\n", ["one", "two", "three"]],
    ["a cleared screen", "old\x1b[H\x1b[2Jnew\r\n", ["old", "new"]],
    [
      "a full-screen program",
      "$ vim\r\n\x1b[?1049h\x1b[2;3Hinside\x1b[?1049l$ exit\r\n",
      ["$ vim", "$ exit"],
    ],
    ["a device control string", "a\x1bP1;2qsixel\x1b\\b\r\n", ["ab"]],
  ])("knows %s", (_what, output, lines) => {
    expect(linesOf(output)).toEqual(lines);
  });

  it("follows a line editor over the border of the screen", () => {
    // What readline writes at the border: the next character, a return, and it goes on in the next row.
    expect(linesOf("0123456789 \rabc\rABC\r\n", { cols: 10 })).toEqual(["0123456789ABC"]);
    expect(linesOf("0123456789\rx\r\n", { cols: 10 })).toEqual(["x123456789"]);
  });

  it("stops at the border where terminals do: no sequence reaches further than what was printed", () => {
    expect(linesOf("ab\x1b[1000Cc\r\n\t\t\tx\r\n\x1b[99Gy\r\n", { cols: 10 })).toEqual([
      "ab       c",
      "         x",
      "         y",
    ]);
    const lines = new LineText({ cols: 80 });
    for (let round = 0; round < 1000; round++) {
      expect([...lines.push(encoder.encode("\x1b[1000C\t\t\x1b[1000a"))]).toEqual([]);
    }
    expect([...lines.push(encoder.encode("x\n"))]).toEqual([`${" ".repeat(79)}x`]);
  });

  it("keeps marks on what they stand on, some of them, and none without a character", () => {
    expect(linesOf("\x1b[5C\u0301x\r\n")).toEqual(["     x"]);
    expect(linesOf("e\u0301\r\n")).toEqual(["e\u0301"]);
    expect(linesOf(`e${"\u0301".repeat(100_000)}\r\n`)[0]?.length).toBeLessThan(100);
  });

  it("gives what full-screen programs draw to those who wait for a text", () => {
    const output = "\x1b[?1049h\x1b[2;3Hinside\x1b[9;1Hother";
    expect(linesOf(output, { alternate: "keep" })).toEqual(["inside", "other"]);
  });

  it("goes on from what stands on the line", () => {
    const lines = new LineText({ cols: 80 });
    lines.begin("$ ", 2);
    expect([...lines.push(encoder.encode("ls\r\n"))]).toEqual(["$ ls"]);
  });

  it("does not care where the output is cut, and lets nothing through that is no text", () => {
    const part = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom(
        "\x1b[31m",
        "\x1b]0;t\x07",
        "\x1b[?1049h",
        "\x1b[?1049l",
        "\r",
        "\n",
        "\x1b",
        "漢",
        "\u009b1m",
        "\x1b[2K",
        "\t",
      ),
    );
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(300)), (parts, cuts) => {
        const bytes = encoder.encode(parts.join(""));
        const lines = new LineText({ cols: 12 });
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
          (a, b) => a - b,
        );
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const finished = pieces.flatMap((piece) => [...lines.push(piece)]);
        const all = lines.rest === "" ? finished : [...finished, lines.rest];
        expect(all).toEqual(linesOf(parts.join(""), { cols: 12 }));
        expect(all.join("")).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
  });
});

describe("what follows output", () => {
  const stream = "before\r\n\x1b[?1049h\x1b[2Jdrawn\r\nagain\x1b[?1049l\x1b[31mafter\r\n";

  it("leaves out what a full-screen program draws, and tells of each one", () => {
    let programs = 0;
    const note = () => void programs++;
    const safe = new SafeAnsi(note);
    expect(safe.push(encoder.encode(stream))).toBe("before\r\n\x1b[31mafter\r\n");
    const lines = new LineText({ cols: 80, onAlternate: note });
    expect([...lines.push(encoder.encode(stream))]).toEqual(["before", "after"]);
    expect(programs).toBe(2);
    safe.push(encoder.encode("\x1b[?1049h\x1b[?1049h"));
    expect(programs).toBe(3);
  });

  it("begins inside one", () => {
    const inside = stream.slice(stream.indexOf("drawn"));
    expect(new SafeAnsi(undefined, true).push(encoder.encode(inside))).toBe("\x1b[31mafter\r\n");
    const lines = new LineText({ cols: 80, isAlternate: true });
    expect([...lines.push(encoder.encode(inside))]).toEqual(["after"]);
  });
});

describe("SafeAnsi", () => {
  it("keeps colours and what happens within a line, and nothing else", () => {
    const output =
      "\x1b[1;38;2;1;2;3mx\x1b[K\r\n\x1b[?25l\x1b[5A\x1b[2J\x1b]52;c;eA==\x07\x1bc\x1b[6n\x07\x1b[>1u\x1b[2Gy";
    expect(new SafeAnsi().push(encoder.encode(output))).toBe("\x1b[1;38;2;1;2;3mx\x1b[K\r\n\x1b[2Gy");
  });
});

describe("spansAnsi", () => {
  it("says every attribute, and ends plain", () => {
    expect(
      spansAnsi([
        { text: "a", width: 1 },
        { text: "b", width: 1, fg: 9, bg: "#0102ff", bold: true, underline: "curly" },
      ]),
    ).toBe("a\x1b[0;1;4:3;38;5;9;48;2;1;2;255mb\x1b[m");
    expect(spansAnsi([{ text: "plain", width: 5 }])).toBe("plain");
  });
});

describe("SafeAnsi", () => {
  it("shows overrides of the direction as what they are", () => {
    expect(new SafeAnsi().push(encoder.encode("rm \u202etxt.exe\u2066 \x1b[31mred"))).toBe(
      "rm \\u202etxt.exe\\u2066 \x1b[31mred",
    );
  });
});
