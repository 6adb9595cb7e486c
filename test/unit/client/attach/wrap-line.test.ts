import { expect, it } from "vitest";
import { wrapLine } from "../../../../client/attach/wrap-line.js";
import { fc } from "../../../support/property.js";

it("breaks at spaces, and in a word only where that alone is too long", () => {
  expect(wrapLine("[hung up on work · your shells are kept]", 20)).toBe(
    "[hung up on work ·\nyour shells are\nkept]",
  );
  expect(wrapLine("[short]", 20)).toBe("[short]");
  expect(wrapLine("abcdefghij k", 4)).toBe("abcd\nefgh\nij k");
});

it("fits every width, and keeps every word", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme-ascii", minLength: 1 })),
      fc.integer({ min: 1, max: 40 }),
      (words, cols) => {
        const text = words.map((word) => word.replaceAll(" ", "_")).join(" ");
        const lines = wrapLine(text, cols).split("\n");
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(cols);
        expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      },
    ),
  );
});
