import { expect, it } from "vitest";
import { createTestTerminal } from "../../../../support/test-terminal.js";

it("keeps of key resources as many as there are, whatever numbers a program names", () => {
  const { feed, tracker } = createTestTerminal();
  for (let resource = 0; resource < 1000; resource++) feed(`\x1b[>${resource}n\x1b[>${resource};1m`);
  for (let resource = 1000; resource < 2000; resource++) feed(`\x1b[>${resource}n`);
  const keyModifiers = tracker.describe()["keyModifiers"] as readonly unknown[];
  expect(keyModifiers).toHaveLength(10);
  feed("\x1b[>4n");
  expect(tracker.describe()["keyModifiers"]).toContainEqual([4, -1]);
});
