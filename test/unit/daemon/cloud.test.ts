// Bearer tokens that came by value: held for as long as somebody needs them, and no longer.
import { describe, expect, it } from "vitest";
import { Cloud } from "../../../daemon/cloud.js";
import { DEFAULT_CONFIG } from "../../../daemon/config/config.js";
import type { ClientSink } from "../../../daemon/shell/clients/client-host.js";
import type { Shell } from "../../../daemon/shell/shell.js";
import { HeldTokens } from "../../../daemon/upstream/service/sign.js";
import type { ShellInfo } from "../../../shared/rpc.js";
import { VirtualClock } from "../../support/virtual-clock.js";

const RUNTIME = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1";
const REQUEST = { kind: "agentcore", runtimeArn: RUNTIME, bearerToken: "header.payload.signature" } as const;
const IDS = { runtimeSessionId: "s".repeat(40), shellId: "one" };

/** Tokens that are held, and a cloud with one shell: `here`, of `IDS`. */
function cloudWithShell() {
  const held = new Map<string, string>();
  const tokens = new HeldTokens();
  const record = {
    name: "here",
    target: { kind: "agentcore", runtimeArn: RUNTIME, region: "us-west-2" },
    ...IDS,
  };
  const cloud = new Cloud({
    config: { current: DEFAULT_CONFIG },
    registry: {
      list: () => [{ name: "here" } as ShellInfo],
      get: () => ({ record, state: { kind: "live" } }) as unknown as Shell,
    },
    calls: { clock: new VirtualClock(), random: Math.random, sign: async () => ({}) },
    tokens: Object.assign(tokens, {
      hold: (id: string, token: string) => void held.set(id, token),
      drop: (id: string) => void held.delete(id),
    }),
  });
  return { cloud, held };
}

describe("tokens of cloud shells", () => {
  it("are held for a new shell until it is released", () => {
    const { cloud, held } = cloudWithShell();
    const target = cloud.targetOf("new", REQUEST);
    expect([...held]).toEqual([[target.heldToken, REQUEST.bearerToken]]);
    expect(JSON.stringify(target)).not.toContain("payload");
    cloud.release(target);
    expect(held.size).toBe(0);
  });

  it("are not held for a command whose client left before it began", () => {
    const { cloud, held } = cloudWithShell();
    const sink = { send: () => {}, queuedBytes: 0, onDrain: () => {}, end: () => {} };
    const { receiver } = cloud.exec(sink as unknown as ClientSink, { target: REQUEST, command: "true" });
    receiver.closed();
    expect(held.size).toBe(0);
  });

  it("are not held for a shell that cannot be made", () => {
    const { cloud, held } = cloudWithShell();
    expect(() => cloud.targetOf("other", { ...REQUEST, ...IDS })).toThrow(
      "this shell is here already, as 'here'",
    );
    expect(() => cloud.targetOf("other", { ...REQUEST, runtimeArn: "nowhere" })).toThrow("bad runtime ARN");
    expect(held.size).toBe(0);
  });
});
