// A session whose directory cannot be removed: somebody in it has made that impossible.
import type * as fs from "node:fs";
import { expect, it, onTestFinished, vi } from "vitest";
import { defaultKnobs } from "../../../daemon/local/knobs.js";
import { RuntimeSession } from "../../../daemon/local/runtime-session.js";

const { removals } = vi.hoisted(() => ({ removals: [] as string[] }));
vi.mock("node:fs", async (original) => ({
  ...(await original<typeof fs>()),
  rmSync: (path: string) => {
    removals.push(path);
    throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
  },
}));

it("is over all the same", async () => {
  let ends = 0;
  const session = new RuntimeSession({ arn: "arn", id: "id", knobs: defaultKnobs, onEnd: () => ends++ });
  const { root } = session;
  const { rmdirSync } = await import("node:fs");
  onTestFinished(() => rmdirSync(root));
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => said.mockRestore());
  session.end();
  expect(said).toHaveBeenCalledTimes(1);
  expect([removals, ends, session.hasEnded]).toEqual([[root], 1, true]);
});
