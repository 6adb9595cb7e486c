// What the doctor asks about AgentCore, where the question itself cannot be sent.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { checkCloud } from "../../../daemon/cloud-check.js";
import { DEFAULT_CONFIG } from "../../../daemon/config/config.js";

const RUNTIME = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("says so when credentials hold what no header can, and leaves no timer that ends the daemon", async () => {
  const target = { runtime: RUNTIME, bearerTokenFile: "/nowhere/token" };
  const checked = await checkCloud(
    { target: "x" },
    {
      config: { ...DEFAULT_CONFIG, targets: new Map([["x", target]]) },
      inUse: [],
      env: {},
      sign: async () => ({}),
      openSocket: () => {
        throw new TypeError("Invalid character in header content");
      },
      clock: { now: () => 0 },
    },
  );
  expect(checked.findings.map(({ id }) => id)).toEqual(["endpoint-unreachable"]);
  expect(checked.findings[0]?.what).toContain("Invalid character in header content");
  expect(vi.getTimerCount()).toBe(0);
});
