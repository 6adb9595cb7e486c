// One state at a time: what a snapshot must not lose, by name.
import { expect, it } from "vitest";
import { serialize } from "../../../../daemon/terminal/serializer.js";
import { differences } from "../../../support/compare-terminals.js";
import { createTestTerminal } from "../../../support/test-terminal.js";

const ESC = "\x1b";
const states: Record<string, string> = {
  "a pending wrap": "y".repeat(80),
  "a pending wrap after a change of pen": `${"y".repeat(80)}${ESC}[31m`,
  "a pending wrap on a line erased under the cursor": `${"y".repeat(80)}${ESC}[44m${ESC}[2K`,
  "an over-long line": `${"x".repeat(200)}\r\n`,
  "a soft wrap after coloured blanks": `${ESC}[44m${"w".repeat(100)}${ESC}[1;70H${ESC}[K${ESC}[m`,
  "a soft wrap at the bottom, with a background": `${ESC}[24H${ESC}[41m${"w".repeat(200)}`,
  "a wide character that did not fit": `${"z".repeat(79)}中x`,
  "a wrapped top line": `${ESC}[?1049h${"a".repeat(100)}${ESC}[H${ESC}[M`,
  "scrollback, wrapped and coloured": Array.from(
    { length: 90 },
    (_, i) => `${ESC}[4${i % 8}m${"l".repeat(i)}`,
  ).join("\r\n"),
  "all attributes": `${ESC}[1mb${ESC}[0;2md${ESC}[0;3mi${ESC}[0;5mk${ESC}[0;7mr${ESC}[0;8mh${ESC}[0;9ms${ESC}[0;53mo`,
  "underline styles and colours": `${ESC}[4:2ma${ESC}[4:3mb${ESC}[4:4;58:2::1:2:3mc${ESC}[4:5;58;5;9md${ESC}[59me`,
  "an underline colour not in use yet": `${ESC}[58;5;9mplain`,
  "closed and open hyperlinks": `${ESC}]8;id=a;http://a.test/${ESC}\\a${ESC}]8;;${ESC}\\b${ESC}]8;;http://b.test/;x${ESC}\\c`,
  "protected cells and pen": `${ESC}[1"qabc${ESC}[0"qdef${ESC}[1"q`,
  "erased cells with a background": `${ESC}[44m${ESC}[2J${ESC}[Hhi${ESC}[K`,
  "CJK, emoji, combining marks": "日本語 😀🚀 cafe\u0301 ❤️",
  "a combining mark without a base": `ab${ESC}[1;2H\u0301`,
  "margins and origin mode": `${ESC}[5;10r${ESC}[?6h${ESC}[2;3Hx`,
  "tab stops": `${ESC}[3g${ESC}[1;5H${ESC}H${ESC}[1;80H${ESC}H${ESC}[H`,
  "charsets and shifts": `${ESC}(0${ESC})A${ESC}*4${ESC}+0qqq${ESC}n|\x0e#`,
  "a charset from a restored cursor": `${ESC}(0${ESC}7${ESC}(B${ESC}8qq`,
  "a saved cursor with pen and charset": `${ESC}[10;20H${ESC}[33;4:3m${ESC}(0${ESC}7${ESC}[H${ESC}[m${ESC}(B`,
  "keyboard, mouse and paste modes": `${ESC}[?1;66;1002;1006;1004;2004;45h${ESC}=`,
  "pixel mouse encoding": `${ESC}[?1003;1016h`,
  "insert mode beside printed text": `abcdef${ESC}[1;3H${ESC}[4hX`,
  "no auto wrap at the margin": `${ESC}[?7l${"n".repeat(90)}`,
  "new line mode": `${ESC}[20ha\nb`,
  "a hidden bar cursor": `${ESC}[5 q${ESC}[?25l`,
  "a steady block, and blinking mode": `${ESC}[?12h${ESC}[2 q`,
  "a title and a directory": `${ESC}]2;title${ESC}\\${ESC}]7;file://h/tmp${ESC}\\`,
  "the alternate screen over a prompt": `$ vim\r\n${ESC}[31m${ESC}[?1049h${ESC}[m${ESC}[2;9r${ESC}[5;5Hvim${ESC}7`,
  "the old alternate screen": `normal\r\n${ESC}[?47halt`,
  "kitty keyboard stacks of both screens": `${ESC}[=1;1u${ESC}[>5u${ESC}[>7u${ESC}[?1049h${ESC}[>1u`,
  "modes and colours xterm.js does not hold": `${ESC}[>4;2m${ESC}[?2031;1005;5h${ESC}]4;1;red${ESC}\\${ESC}]11;#123${ESC}\\`,
  "a left alternate screen's saved cursor and keys": `${ESC}[?1049h${ESC}[>3u${ESC}[7;7H${ESC}[35m${ESC}7${ESC}[?1049l`,
};

it.each(Object.keys(states))("restores %s", (name) => {
  const live = createTestTerminal();
  const restored = createTestTerminal();
  live.feed(states[name]!);
  const snapshot = [...serialize(live.state, live.tracker)].join("");
  restored.feed(snapshot);
  expect(differences(live, restored)).toEqual([]);
  // Again on the same terminal: nothing may pile up.
  restored.feed(`${ESC}[H${ESC}[2J${ESC}[3J${snapshot}`);
  expect(differences(live, restored).filter((difference) => !/ (lines|saved)/.test(difference))).toEqual([]);
  const next = `e\u0301${ESC}[2b\r\nmore\ttabs ${ESC}8here${ESC}[?1049l${ESC}[<u after\n`;
  live.feed(next);
  const once = createTestTerminal();
  once.feed(snapshot);
  once.feed(next);
  expect(differences(live, once)).toEqual([]);
});

it("sees a single changed cell, wrap, mode or saved pen when comparing", () => {
  const plain = createTestTerminal();
  plain.feed("text");
  for (const change of [
    `${ESC}[1mx`,
    `${ESC}[?1h`,
    `${ESC}[31m${ESC}7${ESC}[m`,
    `${ESC}[>1u`,
    "\r",
    `${ESC}[5g${ESC}H`,
    "\x0e",
  ]) {
    const other = createTestTerminal();
    other.feed(`text${change}`);
    expect(differences(plain, other), JSON.stringify(change)).not.toEqual([]);
  }
});
