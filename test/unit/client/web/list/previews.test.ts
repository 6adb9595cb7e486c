// How the list asks for what the shells show: never for two at a time.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Directory } from "../../../../../client/web/link/directory.js";
import { Previews } from "../../../../../client/web/list/previews.js";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { visibilityState: "visible" });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("asks for one shell at a time, however often it is told to hurry", async () => {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const directory = {
    state: { kind: "live" },
    shells: new Map([
      ["a", {}],
      ["b", {}],
    ]),
    call: (_method: string, { name }: { name: string }) => {
      asked.push(name);
      return new Promise((resolve) => answers.push(() => resolve({ text: name })));
    },
  };
  const previews = new Previews(
    directory as unknown as Directory,
    new Map(),
    () => ["a", "b"],
    () => {},
  );
  previews.start();
  await vi.advanceTimersByTimeAsync(1000);
  // Cards come into sight while the answer is on its way.
  for (let card = 0; card < 3; card++) {
    previews.hurry();
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(asked).toEqual(["a"]);
  answers[0]?.();
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toEqual(["a", "b"]);
  expect(previews.get("a")?.text).toBe("a");
  previews.stop();
});
