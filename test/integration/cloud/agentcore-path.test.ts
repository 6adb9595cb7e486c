// The very path that AWS would take: `agentd new x --runtime ARN --endpoint-url URL` with SigV4 verified by the server.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ShellInfo } from "../../../shared/rpc.js";
import { CREDENTIAL_ENV, RuntimeServer, TEST_ARN } from "../../support/runtime-server.js";
import { Sandbox } from "../../support/sandbox.js";
import { until } from "../../support/until.js";

describe("a shell on AgentCore", () => {
  let server: RuntimeServer;
  let sandbox: Sandbox;

  const screenOf = (name: string) => sandbox.run(["capture", name, "-S", "-1000"]).stdout;
  const shells = () => sandbox.json<{ v: 1; shells: ShellInfo[] }>(["ls", "--json"]).shells;
  const open = (name: string, ...more: string[]) =>
    sandbox.run(["new", "-d", name, "--runtime", TEST_ARN, "--endpoint-url", server.url, ...more]);

  beforeAll(async () => {
    server = await RuntimeServer.start();
    sandbox = new Sandbox(CREDENTIAL_ENV);
  });

  afterAll(async () => {
    sandbox.dispose();
    await server.stop();
  });

  it("opens, takes typing, shows output, and is listed with its ids", async () => {
    expect(open("x")).toMatchObject({ status: 0, stderr: "" });
    expect(sandbox.run(["send", "x", "echo over-$((6*7))-sigv4", "Enter"])).toMatchObject({ status: 0 });
    await until("the output", () => screenOf("x").includes("over-42-sigv4"));
    const shell = shells().find(({ name }) => name === "x");
    expect(shell).toMatchObject({
      kind: "agentcore",
      state: "live",
      runtimeArn: TEST_ARN,
      region: "us-west-2",
    });
    expect(shell?.runtimeSessionId.length).toBeGreaterThanOrEqual(33);
    expect(shell).not.toHaveProperty("pid");
  });

  it("is the same shell after the daemon was killed and started again", async () => {
    expect(open("kept")).toMatchObject({ status: 0 });
    sandbox.run(["send", "kept", "export KEPT=yes; cd /tmp; echo ready", "Enter"]);
    await until("the variable", () => screenOf("kept").includes("ready\n"));
    const before = shells().find(({ name }) => name === "kept");
    process.kill(sandbox.json<{ pid: number }>(["daemon", "status", "--json"]).pid, "SIGKILL");
    const after = await until("the shell is live again", () =>
      shells().find(({ name, state }) => name === "kept" && state === "live"),
    );
    expect(after).toMatchObject({ shellId: before?.shellId, runtimeSessionId: before?.runtimeSessionId });
    sandbox.run(["send", "kept", 'echo "$KEPT at $PWD"', "Enter"]);
    await until("the old environment", () => screenOf("kept").includes("yes at /tmp"));
  });

  it("ends with `kill`, and its slot is free", async () => {
    expect(open("short")).toMatchObject({ status: 0 });
    expect(sandbox.run(["kill", "short"])).toMatchObject({ status: 0 });
    expect(shells().map(({ name }) => name)).not.toContain("short");
  });

  it("says in one line what is wrong with the credentials, and leaves nothing behind", async () => {
    const wrong = new Sandbox({ ...CREDENTIAL_ENV, AWS_SECRET_ACCESS_KEY: "not-the-secret" });
    try {
      const result = wrong.run(["new", "-d", "x", "--runtime", TEST_ARN, "--endpoint-url", server.url]);
      expect(result).toMatchObject({ status: 77, stdout: "" });
      expect(result.stderr.trim().split("\n")).toHaveLength(1);
      expect(wrong.json<{ shells: unknown[] }>(["ls", "--json"]).shells).toEqual([]);
    } finally {
      wrong.dispose();
    }
  });

  it("refuses the eleventh shell of one session with the reason", async () => {
    const session = "s".repeat(36);
    for (let i = 0; i < 10; i++)
      expect(open(`ten-${i}`, "--session-id", session)).toMatchObject({ status: 0 });
    const eleventh = open("ten-10", "--session-id", session);
    expect(eleventh.status).toBe(75);
    expect(eleventh.stderr.trim().split("\n")).toHaveLength(1);
    expect(sandbox.run(["kill", "ten-0"])).toMatchObject({ status: 0 });
    expect(open("ten-10", "--session-id", session)).toMatchObject({ status: 0 });
  });
});
