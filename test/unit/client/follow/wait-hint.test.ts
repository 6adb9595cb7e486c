// The hint for whoever waits for a text without a limit.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Condition } from "../../../../client/follow/wait-for.js";
import { hintLater } from "../../../../client/follow/wait-hint.js";

const said: string[] = [];
const context = (isTTY: boolean) => ({
  say: (text: string) => void said.push(text),
  stdout: { isTTY, write: () => true },
});
const text: Condition = { kind: "text", pattern: /it's done/i, onlyNew: false };

beforeEach(() => {
  said.length = 0;
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

it("says once what it waits for, what does not count, and where to look for that", () => {
  hintLater(context(true), "work", text);
  expect(said).toEqual([]);
  vi.runAllTimers();
  expect(said).toEqual([
    "waiting for 'it's done' · what had scrolled off before does not count: agentd grep -i 'it'\\''s done' work · Ctrl-C leaves",
  ]);
  hintLater(context(true), "work", { kind: "text", pattern: /x/, onlyNew: true });
  vi.runAllTimers();
  expect(said[1]).toContain("what was printed before does not count: agentd grep x work");
});

it("says nothing in a pipe, of another condition, or when it has come", () => {
  hintLater(context(false), "work", text);
  hintLater(context(true), "work", { kind: "prompt" });
  hintLater(context(true), "work", text)();
  vi.runAllTimers();
  expect(said).toEqual([]);
});
