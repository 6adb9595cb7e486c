// Frames as bytes: a terminal that gets only the differences shows what one shows that is drawn anew.
import xterm from "@xterm/headless";
import { describe, expect, it } from "vitest";
import { parseAnsiLine } from "../../../../client/tui/ansi-line.js";
import { Canvas } from "../../../../client/tui/canvas.js";
import { frameDiff } from "../../../../client/tui/frame-diff.js";
import { editedLine, editLine } from "../../../../client/tui/line-editor.js";
import { mouseEvents } from "../../../../client/tui/mouse-events.js";
import { fitText, textWidth } from "../../../../client/tui/text-width.js";
import { useCharWidths } from "../../../../daemon/terminal/xterm/char-width.js";
import { fc } from "../../../support/property.js";

const COLS = 20;
const ROWS = 4;

const characters = fc.constantFrom(
  "a",
  "b",
  " ",
  "日",
  "📦",
  "é",
  "e\u0301",
  "─",
  "●",
  "\u001b",
  "\u202e",
  "\u200d",
);
const piece = fc.record({
  x: fc.nat(COLS - 1),
  y: fc.nat(ROWS - 1),
  text: fc.array(characters, { maxLength: 12 }).map((all) => all.join("")),
  style: fc.constantFrom("", "1", "7", "31", "38;2;1;2;3"),
});
const picture = fc.array(piece, { maxLength: 8 });

function draw(pieces: readonly { x: number; y: number; text: string; style: string }[]): Canvas {
  const canvas = new Canvas(COLS, ROWS);
  for (const { style, text, x, y } of pieces) canvas.put(x, y, text, style);
  return canvas;
}

async function shownBy(bytes: readonly string[]): Promise<string[]> {
  const terminal = new xterm.Terminal({ cols: COLS, rows: ROWS, allowProposedApi: true, logLevel: "off" });
  useCharWidths(terminal);
  for (const text of bytes) await new Promise<void>((resolve) => terminal.write(text, resolve));
  const cells: string[] = [];
  for (let y = 0; y < ROWS; y++) {
    const line = terminal.buffer.active.getLine(y);
    for (let x = 0; x < COLS; x++) {
      const cell = line?.getCell(x);
      const text = cell?.getWidth() === 0 ? "" : cell?.getChars() || " ";
      cells.push(`${text} ${cell?.getFgColor()} ${cell?.isInverse()} ${cell?.isBold()}`);
    }
  }
  terminal.dispose();
  return cells;
}

describe("frames", () => {
  it("show the same whether they are drawn anew or as differences", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(picture, { minLength: 1, maxLength: 5 }), async (pictures) => {
        const canvases = pictures.map(draw);
        const diffs = canvases.map((canvas, index) => frameDiff(canvases[index - 1], canvas));
        const last = canvases.at(-1) ?? new Canvas(COLS, ROWS);
        const anew = await shownBy([frameDiff(undefined, last)]);
        expect(await shownBy(diffs)).toEqual(anew);
        const texts = anew.map((cell) =>
          cell.slice(0, cell.lastIndexOf(" ", cell.lastIndexOf(" ", cell.lastIndexOf(" ") - 1) - 1)),
        );
        const wanted = texts.map((_, index) => last.cell(index % COLS, Math.floor(index / COLS)).text);
        expect(texts).toEqual(wanted);
      }),
      { numRuns: 100 },
    );
  });

  it("are empty when nothing has changed", () => {
    fc.assert(fc.property(picture, (pieces) => frameDiff(draw(pieces), draw(pieces)) === ""));
  });
});

describe("lines that a program printed", () => {
  it("give styles of numbers only, and all of their text, whatever is in them", () => {
    const part = fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.constantFrom(
        "\u001b[31m",
        "\u001b[0;1;32m",
        "\u001b[m",
        "\u001b]0;x\u0007",
        "\u001b[2J",
        "\u001b[5",
        "\u001b",
        "\u001b[<1;1M",
      ),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        for (const { style, text } of parseAnsiLine(parts.join(""))) {
          expect(style).toMatch(/^[\d;:]*$/);
          expect(text).not.toContain("\u001b");
        }
      }),
    );
  });

  it("begin anew with a reset, and add up without one", () => {
    expect(parseAnsiLine("a\u001b[0;1mb\u001b[31mc\u001b[0;4:3md\u001b[me")).toEqual([
      { text: "a", style: "" },
      { text: "b", style: "1" },
      { text: "c", style: "1;31" },
      { text: "d", style: "4:3" },
      { text: "e", style: "" },
    ]);
  });
});

describe("the mouse", () => {
  it("is read from all that came at once: left presses and the wheel", () => {
    expect(
      mouseEvents(
        "a\u001b[<0;6;3M\u001b[<0;6;3m\u001b[<4;1;1M\u001b[<65;2;2M\u001b[<64;2;2M\u001b[<2;9;9M\u001b[<0;",
      ),
    ).toEqual([
      { kind: "press", x: 5, y: 2 },
      { kind: "press", x: 0, y: 0 },
      { kind: "wheel", x: 1, y: 1, step: 1 },
      { kind: "wheel", x: 1, y: 1, step: -1 },
    ]);
  });
});

describe("text in columns", () => {
  it("never takes more room than it has", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(30), (text, width) => {
        expect(textWidth(fitText(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });

  it("is edited by whole characters", () => {
    const line = editedLine("日e\u0301");
    expect(line.cursor).toBe(2);
    expect(editLine(line, { key: "backspace" })).toEqual({ text: "日", cursor: 1 });
    expect(editLine(editLine(line, { key: "home" }), { key: "x", text: "x" })).toEqual({
      text: "x日e\u0301",
      cursor: 1,
    });
    expect(editLine(editedLine("one two  "), { key: "C-w" })).toEqual({ text: "one ", cursor: 4 });
  });
});
