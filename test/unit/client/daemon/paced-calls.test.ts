// Many calls at once: within the daemon's limits, answers in order, and one failure is one failure.
import { expect, it } from "vitest";
import { startPaced } from "../../../../client/daemon/paced-calls.js";

/** Lets everything run that waits for nothing but its turn. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

it("has at most 60 calls under way, and starts the next when one has ended", async () => {
  const ends: (() => void)[] = [];
  const started: string[] = [];
  const calls = Array.from({ length: 70 }, (_, number) => ({
    name: `s${number}`,
    call: () => {
      started.push(`s${number}`);
      return new Promise<void>((resolve) => ends.push(resolve));
    },
  }));
  startPaced(calls);
  await turn();
  expect(started).toHaveLength(60);
  ends[0]?.();
  await turn();
  expect(started.slice(60)).toEqual(["s60"]);
});

it("has at most 60 requests under way when a call makes two", async () => {
  let started = 0;
  const call = () => {
    started++;
    return new Promise<void>(() => {});
  };
  const calls = Array.from({ length: 70 }, (_, number) => ({ name: `s${number}`, call }));
  startPaced(calls, { requests: 2 });
  await turn();
  expect(started).toBe(30);
});

it("stays below the daemon's 200 calls in a second, however fast they are answered", async () => {
  let nowMs = 0;
  const clock = {
    now: () => nowMs,
    pause: async (ms: number) => {
      const end = nowMs + ms;
      await turn();
      nowMs = Math.max(nowMs, end);
    },
  };
  const startedAt: number[] = [];
  const calls = Array.from({ length: 700 }, (_, number) => ({
    name: `s${number}`,
    call: async () => void startedAt.push(nowMs),
  }));
  await Promise.all(startPaced(calls, { clock }).map(({ answer }) => answer));
  expect(startedAt).toHaveLength(700);
  for (const [index, at] of startedAt.entries())
    expect(index - 200, `call ${index} at ${at} ms`).toBeLessThan((at * 200) / 1000);
});

it("hands out the answers in order, and a failure with its own call only", async () => {
  const calls = ["one", "two", "three"].map((name) => ({
    name,
    call: async () => {
      if (name === "two") throw new Error("no two");
      return name;
    },
  }));
  const settled = await Promise.allSettled(startPaced(calls).map(({ answer }) => answer));
  expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});
