// The table of docs/security.md is what the filter does: every row's example goes through it.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { OutputFilter } from "../../daemon/terminal/filter/output-filter.js";

const page = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
const rows = [...page.matchAll(/^\| (.+?) \| `(.+?)` \| (?:`(.+?)`|(passes|nothing)) \|/gm)];

/** `\e` ESC, `\a` BEL, `\n` newline, `\\` a backslash, `\xNN` a byte; anything else is UTF-8. */
function bytesOf(text: string): Buffer {
  const parts = text.split(/(\\(?:x[0-9a-f]{2}|[ean\\]))/);
  const codes: Readonly<Record<string, number>> = { "\\e": 0x1b, "\\a": 0x07, "\\n": 0x0a, "\\\\": 0x5c };
  return Buffer.concat(
    parts.map((part) =>
      /^\\[eanx\\]/.test(part)
        ? Buffer.from([codes[part] ?? Number.parseInt(part.slice(2), 16)])
        : Buffer.from(part),
    ),
  );
}

describe("docs/security.md", () => {
  it("has a row for every kind of sequence", () => {
    const lines = page.split("\n").filter((line) => /^\| .*`.*(\\e|\\x)/.test(line));
    expect(lines.length).toBeGreaterThan(30);
    expect(rows.length, "every line with an example can be read").toBe(lines.length);
  });

  it.each(rows.map(([, what = "", example = "", instead, word]) => ({ what, example, instead, word })))(
    "$what: $example",
    ({ what, example, instead, word }) => {
      const blocked: string[] = [];
      const filter = new OutputFilter({
        clipboard: what.includes("--clipboard allow"),
        name: () => "work",
        now: () => 0,
        onBlocked: (kind) => blocked.push(kind),
      });
      const input = bytesOf(example);
      const out = Buffer.from(filter.push(input, what.includes("of the past")));
      const expected =
        word === "passes" ? input : word === "nothing" ? Buffer.alloc(0) : bytesOf(instead ?? "");
      expect(out.toString("latin1")).toBe(expected.toString("latin1"));
      expect(filter.heldBytes).toBe(0);
      expect(blocked).toEqual(what.includes("and says so") ? ["clipboard"] : []);
    },
  );

  it("cites what was measured", () => {
    expect(page).toContain("AGENTD_FIGURES=full npx vitest run test/reliability/output-filter.test.ts");
  });
});
