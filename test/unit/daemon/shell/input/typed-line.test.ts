// What is known of the line at the prompt, from the keys that passed.
import { describe, expect, it } from "vitest";
import { TypedLine } from "../../../../../daemon/shell/input/typed-line.js";

const PROMPT = "\x1b[?2004h$ ";
const state = (...steps: readonly (string | { out: string })[]) => {
  const line = new TypedLine();
  for (const step of steps) {
    if (typeof step === "string") line.typed(Buffer.from(step));
    else line.output(Buffer.from(step.out));
  }
  return line.state;
};

describe("TypedLine", () => {
  it.each([
    ["nothing", [], "empty"],
    ["a word", ["ls"], "begun"],
    ["a word and Enter", ["ls\r"], "empty"],
    ["a word behind an Enter", ["ls\rcd"], "begun"],
    ["a word that was deleted again", ["äb\x7f\x7f"], "empty"],
    ["Ctrl-C", ["ls\x03"], "empty"],
    ["Ctrl-U", ["ls\x15"], "empty"],
    ["an arrow key", ["\x1b[A", "\x7f\x7f\x7f\x7f"], "begun"],
    ["an arrow key and Ctrl-U, which leaves what is behind the cursor", ["ls\x1b[D\x15"], "begun"],
    ["the beginning of the line and Ctrl-U", ["ls\x01\x15"], "begun"],
    ["the beginning of the line and Backspace", ["ls\x01\x7f\x7f\x7f"], "begun"],
    [
      "a completion, of which less was deleted than it made",
      ["ls /et\t\x7f\x7f\x7f\x7f\x7f\x7f\x7f"],
      "begun",
    ],
    ["a line from the history", ["\x10", "\x7f"], "begun"],
    ["Alt-Enter, a new line in the same command", ["for x\x1b\r"], "begun"],
    ["Ctrl-V Enter", ["ls\x16\r"], "begun"],
    ["and the Enter behind it", ["ls\x16\r\r"], "empty"],
    ["Ctrl-L, which only redraws", ["\x0c"], "empty"],
    ["Ctrl-L in a line", ["ls\x0c"], "begun"],
    ["its echo", [{ out: PROMPT }, "ls", { out: "ls" }], "begun"],
    ["a message of a job", [{ out: PROMPT }, "ls", { out: "\r\nDone\r\n" }], "begun"],
    ["a new prompt behind a program that took keys", ["dd", { out: PROMPT }], "unsure"],
    ["a new line where there is no line editor", ["dd", { out: "\r\n$ " }], "unsure"],
    ["typing after that", ["dd", { out: PROMPT }, "l"], "begun"],
  ] as const)("%s", (_what, steps, expected) => {
    expect(state(...steps)).toBe(expected);
  });

  it("knows whether anything came since the last Enter", () => {
    const line = new TypedLine();
    const answers = [line.enterAnswer];
    for (const step of ["vim\r", { out: "vi" }, { out: "m\r\n" }, "\r", { out: PROMPT }]) {
      if (typeof step === "string") line.typed(Buffer.from(step));
      else line.output(Buffer.from(step.out));
      answers.push(line.enterAnswer);
    }
    expect(answers).toEqual(["line", "none", "some", "line", "none", "line"]);
    expect([line.keyCount, line.enterCount]).toEqual([5, 2]);
  });
});
