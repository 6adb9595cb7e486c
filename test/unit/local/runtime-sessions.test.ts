// A session that ends while it is still being provisioned.
import { expect, it, onTestFinished } from "vitest";
import { defaultKnobs } from "../../../daemon/local/knobs.js";
import { RuntimeSessions } from "../../../daemon/local/runtime-sessions.js";

it("hands out no session that has ended while it was being provisioned", async () => {
  const sessions = new RuntimeSessions({ ...defaultKnobs, provisioningMs: 30, sessionLifetimeMs: 5 });
  onTestFinished(() => sessions.endAll());
  await expect(sessions.open("arn", "id")).rejects.toMatchObject({ status: 409 });
  expect(sessions.find("arn", "id")).toBeUndefined();
});
