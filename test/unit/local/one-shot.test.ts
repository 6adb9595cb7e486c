// A one-shot command whose caller leaves in the middle of its output.
import type { ServerResponse } from "node:http";
import { Writable } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { defaultKnobs } from "../../../daemon/local/knobs.js";
import { OneShot } from "../../../daemon/local/one-shot.js";
import { RuntimeSession } from "../../../daemon/local/runtime-session.js";

it("is over when its caller leaves without having read its output", async () => {
  const session = new RuntimeSession({ arn: "arn", id: "id", knobs: defaultKnobs, onEnd: () => {} });
  onTestFinished(() => session.end());
  // Takes nothing, like the socket of somebody who does not read.
  const response = new Writable({ highWaterMark: 1, write: () => {} });
  const command = { command: "yes", timeoutSeconds: 300 };
  new OneShot(command, session, response as unknown as ServerResponse, defaultKnobs);
  await expect.poll(() => response.writableLength).toBeGreaterThan(1000);
  expect(session.commands.size).toBe(1);
  response.destroy();
  await expect.poll(() => session.commands.size, { timeout: 3000 }).toBe(0);
});
