// Which lines are the middle of a command.
import { describe, expect, it } from "vitest";
import { isContinuation } from "../../../../../daemon/shell/run/continuation.js";

describe("isContinuation", () => {
  it.each(["> ", ">", "for> ", "quote> ", "for quote> ", "elif-then> ", "cmdsubst dquote> ", "         "])(
    "takes '%s' for the middle of a command",
    (line) => expect(isContinuation(line)).toBe(true),
  );
  it.each(["", "$ ", "~ > ", "work> ", "for me> ", "forx> ", "root@host ~> ", "❯ ", ">>> "])(
    "takes '%s' for no such thing",
    (line) => expect(isContinuation(line)).toBe(false),
  );
});
