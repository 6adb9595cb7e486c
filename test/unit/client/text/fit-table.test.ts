// Tables by display width: wide characters keep the columns, and the terminal's border is respected.
import { describe, expect, it } from "vitest";
import { cutText, fitTable, measureFor, oneColumn, textWidth } from "../../../../client/text/fit-table.js";

const rows = [
  ["NAME", "WHERE", "TITLE"],
  ["work", "us-west-2/agent", "漢字の題名"],
  ["b", "local", "x"],
];

describe("fitTable", () => {
  it("aligns behind wide characters", async () => {
    const measure = await measureFor(rows);
    const swapped = rows.map(([name = "", where = "", title = ""]) => [name, title, where]);
    expect(fitTable(swapped, { measure, width: undefined, cut: [] }).split("\n")).toEqual([
      "NAME  TITLE       WHERE",
      "work  漢字の題名  us-west-2/agent",
      "b     x           local",
    ]);
  });

  it("cuts what may be cut, in order, and nothing else", async () => {
    const measure = await measureFor(rows);
    const cut = [
      { column: 2, least: 5 },
      { column: 1, least: 6 },
    ];
    const atWidth = (width: number) => fitTable(rows, { measure, width, cut }).split("\n");
    expect(atWidth(40)[1]).toBe("work  us-west-2/agent  漢字の題名");
    expect(atWidth(28)[1]).toBe("work  us-west-2/agent  漢字…");
    expect(atWidth(20)[1]).toBe("work  us-wes…  漢字…");
    expect(atWidth(1)[1]).toBe("work  us-we…  漢字…");
    for (const line of atWidth(24)) expect(textWidth(line, measure)).toBeLessThanOrEqual(24);
  });

  it("loads no table of widths for ASCII", async () => {
    expect(await measureFor([["plain", "text…"]])).toBe(oneColumn);
  });

  it("leaves no half of a wide character", () => {
    const wide = () => 2;
    expect(cutText("漢字", 4, wide)).toBe("漢字");
    expect(cutText("漢字", 3, wide)).toBe("漢…");
    expect(cutText("漢字", 2, wide)).toBe("…");
    expect(cutText("漢字", 0, wide)).toBe("");
  });
});
