import { describe, expect, it } from "vitest";
import { styledRuns, tellingLines } from "../../../../../client/web/list/styled-text.js";
import { fc } from "../../../../support/property.js";

describe("the text of a preview", () => {
  it("has a run for each style, and none for what is no text", () => {
    const runs = styledRuns("plain \u001b[1;31mred\u001b[0m\u001b[2K\u001b]0;title\u0007 end\u0007");
    expect(runs).toEqual([
      { text: "plain ", style: {} },
      { text: "red", style: { bold: true, fg: 1 } },
      { text: " end", style: {} },
    ]);
  });

  it.each<[string, object]>([
    ["38;5;208", { fg: 208 }],
    ["48;2;1;128;255", { bg: "#0180ff" }],
    ["97;100", { fg: 15, bg: 8 }],
    ["38;5;999;1", { bold: true }],
    ["7;4", { inverse: true, underline: true }],
    ["31;39", {}],
    ["", {}],
  ])("reads SGR %s", (parameters, style) => {
    expect(styledRuns(`\u001b[${parameters}mx`)).toEqual([{ text: "x", style }]);
  });

  it("never lets a control character through, whatever it is given", () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom("\u001b[", "\u001b]", "\u001b", "m", "38;2;", "\u0007", "\u009b", "\n"),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        for (const { text } of styledRuns(pieces.join("")))
          expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      }),
    );
  });

  it("shows the last lines, or the first where an editor's last ones are empty", () => {
    expect(tellingLines("a\nb\nc\nd\n\n", 2)).toBe("c\nd");
    expect(tellingLines(`code\nmore\n${"~\n".repeat(12)}`, 4)).toBe("code\nmore\n~\n~");
    expect(tellingLines("\u001b[31m \u001b[0m\n", 4)).toBe("");
    // With a background of its own, all of the editor is coloured.
    const tildes = "\u001b[44m~   \u001b[m\n".repeat(12);
    expect(tellingLines(`code\nmore\n${tildes}`, 3)).toMatch(/^code\nmore\n/);
  });

  it("shows what is drawn with backgrounds alone", () => {
    const bars = ["\u001b[41m   \u001b[m", "\u001b[48;5;21m      \u001b[m", "\u001b[7m  \u001b[m"];
    expect(tellingLines(`words\n${bars.join("\n")}\n\n \n`, 3)).toBe(bars.join("\n"));
    expect(styledRuns(bars[1] ?? "")).toEqual([{ text: "      ", style: { bg: 21 } }]);
  });
});
