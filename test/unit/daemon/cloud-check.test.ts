// What the doctor asks about AgentCore, where the question itself cannot be sent.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { daemonEnvironment } from "../../../client/daemon/daemon-environment.js";
import { checkCloud } from "../../../daemon/cloud-check.js";
import { DEFAULT_CONFIG } from "../../../daemon/config/config.js";
import type { Socket } from "../../../daemon/upstream/socket.js";

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
  expect(checked.findings).toMatchObject([{ id: "bad-header", fix: "write one token to /nowhere/token" }]);
  expect(checked.findings[0]?.what).toContain("Invalid character in header content");
  expect(vi.getTimerCount()).toBe(0);
});

it("finds a target in use that cannot be, and looks at the others all the same", async () => {
  const inUse = ["arn:newer:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1", RUNTIME].map(
    (runtimeArn) => ({ kind: "agentcore", runtimeArn, region: "us-west-2", heldToken: "t" }) as const,
  );
  const checked = await checkCloud(
    {},
    {
      config: DEFAULT_CONFIG,
      inUse,
      env: {},
      sign: async () => ({}),
      openSocket: (_, { onEnd }) => {
        queueMicrotask(() => onEnd({ kind: "refused", status: 404, headers: {}, body: "" }));
        return { terminate: () => {} } as Socket;
      },
      clock: { now: () => 0 },
    },
  );
  expect(checked.findings.map(({ id }) => id)).toEqual(["bad-arn", "runtime-not-found"]);
  expect(checked.findings[0]?.what).toContain("arn:newer");
});

it("names an authority to a daemon that is run by hand: one that a command starts does not get the variable", async () => {
  const target = { kind: "agentcore", runtimeArn: RUNTIME, region: "us-west-2", heldToken: "t" } as const;
  const { findings } = await checkCloud(
    {},
    {
      config: DEFAULT_CONFIG,
      inUse: [target],
      env: {},
      sign: async () => ({}),
      openSocket: (_, { onEnd }) => {
        queueMicrotask(() => onEnd({ kind: "failed", code: "SELF_SIGNED_CERT_IN_CHAIN", message: "" }));
        return { terminate: () => {} } as Socket;
      },
      clock: { now: () => 0 },
    },
  );
  expect(findings.map(({ id }) => id)).toEqual(["certificate-untrusted"]);
  const [, name = "", command] = /(\w+)=\S+ nohup (agentd daemon \w+)/.exec(findings[0]?.fix ?? "") ?? [];
  expect(command).toBe("agentd daemon run");
  expect(daemonEnvironment({ [name]: "/ca.pem" })).toEqual({});
});
