// Looks at a shell: never two at once, and the one that is asked for is taken from then on.
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { ShellLooks } from "../../../../client/follow/shell-looks.js";
import { FakeContext } from "../../../support/fake-context.js";
import { SHELL } from "../../../support/fake-daemon.js";

it("waits for a look that is under way before it looks again", async () => {
  const asked: (() => void)[] = [];
  const connection = {
    call: (method: string) =>
      new Promise((resolve) =>
        asked.push(() => resolve(method === "shell.info" ? { shell: SHELL } : { screen: {} })),
      ),
    close: () => {},
  };
  const context = new FakeContext({}, (async () => connection) as never);
  let looks = 0;
  const looking = new ShellLooks({
    context,
    name: () => "work",
    delayMs: 1,
    steady: false,
    onLook: () => {
      looks++;
    },
  });
  const first = looking.now();
  const second = looking.now();
  await delay(5);
  expect(asked).toHaveLength(2);
  for (const answer of asked.splice(0)) answer();
  await first;
  await delay(5);
  expect(asked).toHaveLength(2);
  for (const answer of asked.splice(0)) answer();
  await second;
  expect(looks).toBe(2);
  looking.stop();
});
