// One state at a time: what a snapshot must not lose, by name.
import { expect, it } from "vitest";
import { serialize } from "../../../../../daemon/terminal/drawing/serializer.js";
import { differences } from "../../../../support/compare-terminals.js";
import { terminalStates } from "../../../../support/terminal-states.js";
import { createTestTerminal } from "../../../../support/test-terminal.js";

const ESC = "\x1b";

it.each(Object.keys(terminalStates))("restores %s", (name) => {
  const live = createTestTerminal();
  const restored = createTestTerminal();
  live.feed(terminalStates[name]!);
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

it("restores a saved cursor to its row of the screen, whatever scrolled in between, and to its line after a change of size", () => {
  const live = createTestTerminal();
  live.feed(`top\r\n${ESC}[10;5H${ESC}7${ESC}[24H${"\n".repeat(15)}${ESC}8`);
  expect(live.terminal.buffer.active.cursorY).toBe(9);
  live.feed(`${ESC}[24Hprompt${ESC}[?1049hfull screen`);
  live.terminal.resize(80, 12);
  live.feed(`${ESC}[?1049l`);
  const { cursorY, baseY } = live.terminal.buffer.active;
  expect(live.terminal.buffer.active.getLine(baseY + cursorY)?.translateToString(true)).toBe("prompt");
});

it("leaves a blank where a narrower alternate screen has cut a wide character in two", () => {
  const live = createTestTerminal();
  live.feed(`${ESC}[?1049h${ESC}[2;57H${ESC}[44m漢字${ESC}[H`);
  live.terminal.resize(57, 24);
  const restored = createTestTerminal(57, 24);
  restored.feed([...serialize(live.state, live.tracker)].join(""));
  expect(differences(live, restored)).toEqual([]);
});

it("does not bring back what a narrower alternate screen has cut off", () => {
  const live = createTestTerminal();
  live.feed(`${ESC}[?1049h${"x".repeat(80)}${ESC}[H`);
  live.terminal.resize(40, 24);
  live.terminal.resize(80, 24);
  expect(live.terminal.buffer.active.getLine(0)?.translateToString(true)).toBe("x".repeat(40));
});
