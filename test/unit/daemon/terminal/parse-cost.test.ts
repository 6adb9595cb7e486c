import { describe, expect, it } from "vitest";
import { pieceEnd } from "../../../../daemon/terminal/parse-cost.js";

const PIECE = 16 * 1024;
const SMALL = { cols: 80, rows: 24 };
const LARGE = { cols: 1000, rows: 1000 };

function endOf(sequence: string, size = SMALL): number {
  const bytes = new TextEncoder().encode(sequence.repeat(PIECE)).subarray(0, PIECE);
  return pieceEnd(bytes, 0, bytes.length, size);
}

describe("the cost of a piece", () => {
  it.each([
    ["text", "plain text — é\r\n"],
    ["colours", "\x1b[38;2;1;2;3mx\x1b[0m"],
    ["cursor moves", "\x1b[12;34Hx\x1b[3Cy\x1b[?25l\x1b[?25h"],
    ["titles", "\x1b]0;title\x07"],
  ])("%s are parsed in whole pieces, on the largest screen too", (_, sequence) => {
    expect(endOf(sequence, LARGE)).toBe(PIECE);
  });

  it.each([
    ["full resets", "\x1bc"],
    ["alignment tests", "\x1b#8"],
    ["cleared screens", "\x1b[2J"],
    ["cleared screens, by C1", "\u009b2J"],
    ["cleared screens with controls inside", "\x1b[\x00\x07\x0b2\x08J"],
    ["scrolling by pages", "\x1b[999S"],
    ["lines inserted", "\x1b[999L"],
    ["columns scrolled", "\x1b[999 @"],
    ["columns deleted", "\x1b[9'~"],
    ["changes of screens", "\x1b[?1049h"],
    ["changes of screens among other modes", "\x1b[?1049;25h"],
  ])("%s are counted by the cells of the screen", (_, sequence) => {
    const { length } = new TextEncoder().encode(sequence);
    expect(endOf(sequence)).toBe(53 * length - (sequence === "\x1bc" ? 1 : sequence === "\x1b#8" ? 2 : 0));
    expect(endOf(sequence, LARGE)).toBeLessThanOrEqual(length);
  });

  it("repetitions are counted by their number", () => {
    expect(endOf("a\x1b[9999b")).toBe(11 * 8);
    expect(endOf("a\x1b[3b")).toBe(PIECE);
  });

  it("always leaves something to parse, wherever a sequence is cut", () => {
    const bytes = new TextEncoder().encode("\x1b[\x1b[2J\x1bc\x1b\x1b#8\u009b999S".repeat(9));
    for (let from = 0; from < bytes.length; from++) {
      for (let to = from + 1; to <= bytes.length; to++) {
        const end = pieceEnd(bytes, from, to, LARGE);
        expect(end).toBeGreaterThan(from);
        expect(end).toBeLessThanOrEqual(to);
      }
    }
  });
});
