import { describe, expect, it } from "vitest";
import { joinedRanges } from "../../../../../client/web/terminal/joined-characters.js";
import { fc } from "../../../../support/property.js";

const FAMILY = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}";
const FLAG = "\u{1f1e9}\u{1f1ea}";

describe("characters that are one picture", () => {
  it.each([
    ["a flag", FLAG],
    ["a family", FAMILY],
    ["a colour of skin", "\u{1f44d}\u{1f3fd}"],
    ["a keycap", "1\ufe0f\u20e3"],
    ["a flag of a country's part", "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}"],
  ])("are drawn as one: %s", (_what, picture) => {
    expect(joinedRanges(`ab ${picture}${picture} c`)).toEqual([
      [3, 3 + picture.length],
      [3 + picture.length, 3 + 2 * picture.length],
    ]);
  });

  it("are told from everything else", () => {
    for (const text of ["plain text", "\u{1f600}\u{1f600}", "e\u0301", "漢字", "\u{1f1e9}"])
      expect(joinedRanges(text), text).toEqual([]);
  });

  it("are in order and never overlap, whatever the line is", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(FLAG, FAMILY, "\u200d", "\ufe0f", "\u{1f1e9}"),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join("");
        let at = 0;
        for (const [start, end] of joinedRanges(text)) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(at).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});
