// Sessions that end while they are being made, and what is made while all are ended.
import { expect, it, onTestFinished } from "vitest";
import { defaultKnobs } from "../../../daemon/local/knobs.js";
import { RuntimeSessions } from "../../../daemon/local/runtime-sessions.js";

it("hands out no session that has ended while it was being provisioned", async () => {
  const sessions = new RuntimeSessions({ ...defaultKnobs, provisioningMs: 30, sessionLifetimeMs: 5 });
  onTestFinished(() => sessions.endAll());
  await expect(sessions.open("arn", "id")).rejects.toMatchObject({ status: 409 });
  expect(sessions.find("arn", "id")).toBeUndefined();
});

it("is busy until a session that ended while it was being provisioned is torn down", async () => {
  const knobs = { ...defaultKnobs, provisioningMs: 30, sessionLifetimeMs: 5, teardownMs: 5_000 };
  const sessions = new RuntimeSessions(knobs);
  await expect(sessions.open("arn", "id")).rejects.toMatchObject({ status: 409 });
  expect(() => sessions.stop("arn", "id")).toThrow("in progress");
});

it("makes no session once all are ended", async () => {
  const sessions = new RuntimeSessions(defaultKnobs);
  await sessions.open("arn", "one");
  sessions.endAll();
  await expect(sessions.open("arn", "two")).rejects.toMatchObject({ status: 409 });
  expect([...sessions.all]).toEqual([]);
});
