import { expect, it } from "vitest";
import type { OwnRole } from "../../../../client/attach/own-role.js";
import { type ShellSize, sizeText } from "../../../../client/attach/size-text.js";

const shell = { cols: 80, rows: 24 };
const own: OwnRole = { prefix: { prefix: 0x1d }, readOnly: false, ignoreSize: false };

it.each<[string, ShellSize, Partial<OwnRole>, string | undefined]>([
  ["nothing when it fits", { cols: 90, rows: 20 }, {}, undefined],
  [
    "how to take the size",
    shell,
    {},
    "shell is 80x24, this window 90x20 · type or Ctrl-] t to make it yours",
  ],
  [
    "how, without a prefix key",
    shell,
    { prefix: { prefix: undefined } },
    "shell is 80x24, this window 90x20 · type to make it yours",
  ],
  ["no way for a reader", shell, { readOnly: true }, "shell is 80x24, this window 90x20"],
  ["no way with --ignore-size", shell, { ignoreSize: true }, "shell is 80x24, this window 90x20"],
  ["what decides", { ...shell, policy: "manual" }, {}, "shell is 80x24 (manual), this window 90x20"],
])("says %s", (_, size, role, text) => {
  expect(sizeText({ cols: 90, rows: 20 }, size, { ...own, ...role })).toBe(text);
});

it("says what to do, and not the window's own size, where there is no room for both", () => {
  expect(sizeText({ cols: 60, rows: 20 }, shell, own)).toBe(
    "shell is 80x24 · type or Ctrl-] t to make it yours",
  );
});
