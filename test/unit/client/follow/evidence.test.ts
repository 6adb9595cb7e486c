// What counts as a waiting prompt, and which lines a search shows.
import { describe, expect, it } from "vitest";
import { matchesIn } from "../../../../client/follow/matches.js";
import { parsePattern } from "../../../../client/follow/pattern.js";
import { isAtPrompt, type ProcessFacts, parseStat } from "../../../../client/follow/prompt-evidence.js";
import type { ShellInfo } from "../../../../shared/rpc.js";
import type { ScreenCapture } from "../../../../shared/screen-capture.js";

const screenWith = (text: string, more: Partial<ScreenCapture> = {}): ScreenCapture => ({
  cols: 80,
  rows: 24,
  cursor: { x: text.length, y: 0, visible: true },
  alternate: false,
  bracketedPaste: false,
  start: 0,
  lines: [{ text: text.trimEnd(), spans: [{ text, width: text.length }] }],
  ...more,
});
const info = (more: object = {}) => ({ state: "live", pid: 10, ...more }) as ShellInfo;
const bash: ProcessFacts = { command: "bash", state: "S", group: 10, foreground: 10 };

describe("isAtPrompt", () => {
  it.each<[string, boolean, string, object, Record<number, ProcessFacts>]>([
    ["a shell that sleeps behind its prompt", true, "~ $ ", {}, { 10: bash }],
    ["root's", true, "box:/# ", {}, { 10: bash }],
    ["a prompt with typing behind it", false, "~ $ ls", {}, { 10: bash }],
    ["a shell that works", false, "~ $ ", {}, { 10: { ...bash, state: "R" } }],
    [
      "a command in front",
      false,
      "~ $ ",
      {},
      { 10: { ...bash, foreground: 20 }, 20: { command: "sleep", state: "S", group: 20, foreground: 20 } },
    ],
    [
      "a shell in a shell",
      true,
      "~ $ ",
      {},
      { 10: { ...bash, foreground: 20 }, 20: { command: "zsh", state: "S", group: 20, foreground: 20 } },
    ],
    ["a cloud shell, by its looks", true, "~ $ ", { pid: undefined }, {}],
    ["a mark that says so", true, "no prompt at all", { prompt: { phase: "input" } }, {}],
    ["a mark that says no", false, "~ $ ", { prompt: { phase: "running" } }, { 10: bash }],
    ["a shell that is not connected", false, "~ $ ", { state: "reconnecting" }, { 10: bash }],
  ])("%s: %s", (_what, expected, text, more, processes) => {
    expect(isAtPrompt(info(more), screenWith(text), (pid) => processes[pid])).toBe(expected);
  });

  it("is not asked of a full-screen program", () => {
    expect(isAtPrompt(info(), screenWith("~ $ ", { alternate: true }), () => bash)).toBe(false);
  });

  it("reads /proc also of a process with an odd name", () => {
    expect(parseStat("7 (a) b (c) S 1 10 10 34816 20 4194560")).toEqual({
      command: "a) b (c",
      state: "S",
      group: 10,
      foreground: 20,
    });
    expect(parseStat("")).toBeUndefined();
  });
});

describe("matchesIn", () => {
  const shown = (text: string, around: number) =>
    matchesIn([...text], /x/, around).map((group) =>
      group.map(({ at, isMatch }) => `${at}${isMatch ? ":" : "-"}`).join(" "),
    );

  it("groups neighbours, shows nothing twice, and stays inside", () => {
    expect(shown("axbbxb", 0)).toEqual(["1:", "4:"]);
    expect(shown("axbbxb", 1)).toEqual(["0- 1: 2- 3- 4: 5-"]);
    expect(shown("axbbbbxb", 1)).toEqual(["0- 1: 2-", "5- 6: 7-"]);
    expect(shown("xx", 3)).toEqual(["0: 1:"]);
    expect(shown("abc", 3)).toEqual([]);
  });
});

describe("parsePattern", () => {
  it("takes what people write, and says what is wrong with the rest", () => {
    expect(parsePattern("a\\-b", false).test("a-b")).toBe(true);
    expect(parsePattern("É", true).test("é")).toBe(true);
    expect(() => parsePattern("(", false)).toThrow("bad pattern '(' · unterminated group");
  });
});
