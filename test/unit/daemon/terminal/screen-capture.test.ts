// The screen as text, data and page: each says the same, and what xterm.js shows.

import { describe, expect, it } from "vitest";
import { screenCells } from "../../../../daemon/terminal/reading/screen-cells.js";
import { screenHtml } from "../../../../daemon/terminal/reading/screen-html.js";
import { screenText, type TextOptions } from "../../../../daemon/terminal/reading/screen-text.js";
import { fc } from "../../../support/property.js";
import { createTestTerminal, type TestTerminal } from "../../../support/test-terminal.js";

function finished<T>(steps: Iterator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

const fed = (output: string, cols = 20, rows = 4): TestTerminal => {
  const terminal = createTestTerminal(cols, rows);
  terminal.feed(output);
  return terminal;
};
const text = ({ state }: TestTerminal, options: TextOptions = {}) => finished(screenText(state, options));
const cells = ({ state }: TestTerminal, options: TextOptions = {}) => finished(screenCells(state, options));
const html = ({ state }: TestTerminal, options: TextOptions = {}) =>
  finished(screenHtml(state, options, "t"));

/** What a browser would show of the page's text. */
function shownText(page: string): string {
  const pre = /<pre[^>]*>([\s\S]*)\n<\/pre>/.exec(page)?.[1] ?? "";
  return pre
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

const piece = fc.oneof(
  { weight: 5, arbitrary: fc.string({ maxLength: 30 }) },
  fc.constantFrom(
    "\r\n",
    "\x1b[31;1m",
    "\x1b[m",
    "\x1b[7m",
    "\x1b[48;2;1;2;3m",
    "\x1b[4:3m",
    "\x1b[K",
    "\x1b[2;5H",
    "\t",
  ),
  fc.constantFrom(
    "漢字",
    "😀",
    "e\u0301",
    "<b>&\"'",
    "a ".repeat(15),
    "\x1b[?1049h",
    "\x1b[38;5;200m",
    "\x1b[5D",
  ),
);

describe("a captured screen", () => {
  it("is the same text as data, joined or not, in every range", () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.record({
          start: fc.integer({ min: -30, max: 5 }),
          end: fc.integer({ min: -30, max: 5 }),
          join: fc.boolean(),
        }),
        (pieces, range) => {
          const terminal = fed(pieces.join(""), 12, 4);
          const plain = text(terminal, range);
          const { lines, cols } = cells(terminal, range);
          expect(lines.map((line) => `${line.text}\n`).join("")).toBe(plain);
          for (const line of lines) {
            const spans = line.spans.map((span) => span.text).join("");
            expect(spans.trimEnd()).toBe(line.text);
            const width = line.spans.reduce((sum, span) => sum + span.width, 0);
            if (!range.join) expect(width).toBeLessThanOrEqual(cols);
          }
          const ansi = text(terminal, { ...range, ansi: true }).replace(/\x1b\[[0-9;:]*m/g, "");
          expect(ansi.replace(/ +$/gm, "")).toBe(plain.replace(/ +$/gm, ""));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("has a title of which nothing is markup, and nothing turns its direction", () => {
    const page = finished(screenHtml(fed("x").state, {}, "a</title><b>\u202eb\u2028"));
    expect(page).toContain("<title>a&lt;/title&gt;&lt;b&gt;\ufffdb\ufffd</title>");
  });

  it("is the same text as a page, whatever is printed, and nothing of it is markup", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const terminal = fed(pieces.join(""), 12, 4);
        const page = html(terminal, { start: -30 });
        const plain = text(terminal, { start: -30 });
        const trimmed = (value: string) => value.replace(/[ \u2028\ufffd]+$/gm, "").trimEnd();
        expect(trimmed(shownText(page))).toBe(trimmed(plain.replace(/[\u0080-\u009f]/g, "\ufffd")));
        expect([...page.matchAll(/<(\/?\w+)/g)].map((match) => match[1])).not.toContain("b");
      }),
      { numRuns: 300 },
    );
  });

  it("knows every attribute and colour", () => {
    const { lines } = cells(
      fed(
        "\x1b[1;2;3;4;5;7;9;53;31;42mA\x1b[0;38;5;200;48;2;1;2;255mB\x1b[0;4:3;58:5:9mC\x1b[m D\x1b[8mE\x1b[0;91mF",
      ),
    );
    expect(lines[0]?.text).toBe("ABC DEF");
    expect(lines[0]?.spans).toEqual([
      {
        text: "A",
        width: 1,
        fg: 1,
        bg: 2,
        bold: true,
        dim: true,
        italic: true,
        underline: "single",
        blink: true,
        inverse: true,
        strikethrough: true,
        overline: true,
      },
      { text: "B", width: 1, fg: 200, bg: "#0102ff" },
      { text: "C", width: 1, underline: "curly", underlineColor: 9 },
      { text: " D", width: 2 },
      { text: "E", width: 1, invisible: true },
      { text: "F", width: 1, fg: 9 },
    ]);
  });

  it("links to the web, and to nowhere else", () => {
    const link = (uri: string) => `\x1b]8;;${uri}\x1b\\x\x1b]8;;\x1b\\`;
    for (const bad of [
      "javascript:alert(1)",
      "file:///etc/passwd",
      "https://a\"onload='x",
      "data:text/html,x",
    ]) {
      const terminal = fed(link(bad));
      expect(cells(terminal).lines[0]?.spans[0]).toEqual({ text: "x", width: 1 });
      expect(html(terminal)).not.toContain("<a ");
    }
    const good = fed(link("https://example.com/?a=1&b=2"));
    expect(cells(good).lines[0]?.spans[0]).toMatchObject({ link: "https://example.com/?a=1&b=2" });
    expect(html(good)).toContain('<a href="https://example.com/?a=1&amp;b=2"');
  });

  it("joins what the border broke, with the blanks that were printed there", () => {
    const terminal = fed("one two   three four\r\nnext", 10, 4);
    expect(text(terminal)).toBe("one two\nthree four\nnext\n\n");
    expect(text(terminal, { join: true })).toBe("one two   three four\nnext\n\n");
    expect(cells(terminal).lines.map((line) => line.wrapped === true)).toEqual([false, true, false, false]);
    // A wide character that did not fit leaves a cell that nobody printed.
    expect(text(fed("12345678\u{6f22}9\u{6f22}", 10, 4), { join: true })).toBe(
      "12345678\u{6f22}9\u{6f22}\n\n\n",
    );
    expect(text(fed("123456789\u{6f22}", 10, 4), { join: true })).toBe("123456789\u{6f22}\n\n\n");
  });

  it("takes the lines that were asked for", () => {
    const terminal = fed("1\r\n2\r\n3\r\n4\r\n5\r\n6", 10, 3);
    expect(text(terminal)).toBe("4\n5\n6\n");
    expect(text(terminal, { start: -1, end: 0 })).toBe("3\n4\n");
    expect(text(terminal, { start: -100, end: -2 })).toBe("1\n2\n");
    expect(text(terminal, { start: 2, end: 1 })).toBe("");
    expect(cells(terminal, { start: -100 })).toMatchObject({ start: -3, cols: 10, rows: 3 });
    expect(cells(terminal).cursor).toEqual({ x: 1, y: 2, visible: true });
  });

  it("keeps wide and odd characters in their columns", () => {
    const page = html(fed("a\u{6f22}\u{1f600}\u{e0b0}b"));
    expect(page).toContain('a<span style="display:inline-block;width:2ch">\u{6f22}</span>');
    expect(page).toContain('<span style="display:inline-block;width:1ch">\u{e0b0}</span>b');
    expect(html(fed("\x1b[4:3;9;3;1;2;7mx"))).toMatch(
      /color:#[0-9a-f]{6};background:#d4d4d4;font-weight:bold;font-style:italic;text-decoration-line:underline line-through;text-decoration-style:wavy/,
    );
  });
});
