// The entry: what becomes of output that nobody takes any more.
import { afterEach, beforeEach, expect, it, vi } from "vitest";

type Listener = (error: NodeJS.ErrnoException) => void;

const { argv } = process;
let before: readonly unknown[];

beforeEach(() => {
  before = process.stdout.listeners("error");
  process.argv = ["node", "agentd", "version"];
});

afterEach(() => {
  process.argv = argv;
  for (const listener of process.stdout.listeners("error"))
    if (!before.includes(listener)) process.stdout.off("error", listener as Listener);
  vi.restoreAllMocks();
});

it("leaves a terminal that is gone to whoever has it, and ends where a pipe has no reader", async () => {
  const exits: unknown[] = [];
  vi.spyOn(process, "exit").mockImplementation(((status: unknown) => exits.push(status)) as never);
  await import("../../../client/main.js");
  await vi.waitFor(() => expect(exits).toEqual([0]), { timeout: 15_000 });
  const [listener] = process.stdout.listeners("error").filter((each) => !before.includes(each));
  const fail = (code: string) => (listener as Listener)(Object.assign(new Error(code), { code }));
  // An attachment has a listener of its own, and ends with 254.
  const own = () => {};
  process.stdout.on("error", own);
  fail("EIO");
  expect(exits).toEqual([0]);
  process.stdout.off("error", own);
  fail("EPIPE");
  expect(exits).toEqual([0, 0]);
  expect(() => fail("ENOSPC")).toThrow("ENOSPC");
});
