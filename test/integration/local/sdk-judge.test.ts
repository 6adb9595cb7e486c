// The published clients as judges: the shell client of `bedrock-agentcore`, and the AWS SDK for commands and sessions.
import {
  BedrockAgentCoreClient,
  InvokeAgentRuntimeCommandCommand,
  StopRuntimeSessionCommand,
} from "@aws-sdk/client-bedrock-agentcore";
import { RuntimeClient } from "bedrock-agentcore/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ARN, LocalService, newSession } from "../../support/local-service.js";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const TOKEN = "header.payload.signature";

describe("bedrock-agentcore's openShell (case 43)", () => {
  let service: LocalService;
  const saved = { ...process.env };
  beforeEach(() => {
    process.env["AWS_REGION"] = "us-west-2";
    process.env["AWS_ACCESS_KEY_ID"] = credentials.accessKeyId;
    process.env["AWS_SECRET_ACCESS_KEY"] = credentials.secretAccessKey;
    delete process.env["AWS_SESSION_TOKEN"];
  });
  afterEach(async () => {
    process.env = { ...saved };
    await service.stop();
  });

  const start = async (config: Record<string, unknown> = {}) => {
    service = await LocalService.start({ credentials: [credentials], bearerTokens: [TOKEN], ...config });
    process.env["BEDROCK_AGENTCORE_DATA_PLANE_ENDPOINT"] = service.url;
    return new RuntimeClient({ region: "us-west-2" });
  };

  describe.each([
    ["SigV4", {}],
    ["OAuth", { auth: { type: "oauth" as const, bearerToken: TOKEN } }],
  ])("over %s", (_, auth) => {
    it.each([
      ["exit 0", 0],
      ["exit 42", 42],
      ["kill -9 $$", 137],
    ])("reports `%s` as %d after sending and resizing", async (command, exitCode) => {
      const client = await start();
      const shell = await client.openShell({ runtimeArn: ARN, sessionId: newSession(), ...auth });
      expect(shell.reconnected).toBe(false);
      await shell.resize(101, 37);
      await shell.send(`stty size; ${command}\n`);
      let text = "";
      for await (const frame of shell) if (frame.channel === 1) text += frame.text;
      expect(text).toContain("37 101");
      expect(shell.exitCode).toBe(exitCode);
      expect(shell.kicked).toBe(false);
    });

    it("reports a platform failure as null", async () => {
      const client = await start({ initFailure: "status-after-confirmation" });
      const shell = await client.openShell({ runtimeArn: ARN, ...auth });
      for await (const frame of shell) void frame;
      expect(shell.exitCode).toBeNull();
    });
  });

  it("case 35: a replaced client reports `kicked` and does not come back", async () => {
    const client = await start();
    const ids = { runtimeArn: ARN, sessionId: newSession(), shellId: "k" };
    const first = await client.openShell({ ...ids, reconnectConfig: {} });
    const drained = (async () => {
      for await (const frame of first) void frame;
    })();
    const second = await client.openShell(ids);
    expect(second.reconnected).toBe(true);
    await drained;
    expect(first.kicked).toBe(true);
    expect(service.runtime.shells.all.filter((shell) => shell.isAttached)).toHaveLength(1);
    await second.close();
  });
});

describe("the AWS SDK", () => {
  let service: LocalService;
  let client: BedrockAgentCoreClient;
  beforeEach(async () => {
    service = await LocalService.start({ credentials: [credentials] });
    client = new BedrockAgentCoreClient({
      region: "us-west-2",
      endpoint: service.url,
      credentials,
      maxAttempts: 1,
    });
  });
  afterEach(async () => {
    client.destroy();
    await service.stop();
  });

  const run = async (command: string, timeout?: number, runtimeSessionId = newSession()) => {
    const response = await client.send(
      new InvokeAgentRuntimeCommandCommand({
        agentRuntimeArn: ARN,
        runtimeSessionId,
        body: { command, ...(timeout ? { timeout } : {}) },
      }),
    );
    const kinds: string[] = [];
    const output = { stdout: "", stderr: "" };
    let stop: unknown;
    for await (const event of response.stream ?? []) {
      const chunk = event.chunk!;
      kinds.push(...Object.keys(chunk));
      output.stdout += chunk.contentDelta?.stdout ?? "";
      output.stderr += chunk.contentDelta?.stderr ?? "";
      stop = chunk.contentStop ?? stop;
    }
    return { kinds, ...output, stop, session: response.runtimeSessionId };
  };

  it("case 48: decodes start, deltas and stop of a command", async () => {
    const result = await run("echo out; echo err >&2; exit 3");
    expect(result).toMatchObject({
      stdout: "out\n",
      stderr: "err\n",
      stop: { exitCode: 3, status: "COMPLETED" },
    });
    expect(result.kinds[0]).toBe("contentStart");
    expect(result.kinds.at(-1)).toBe("contentStop");
  });

  it("case 48: a command over its time ends with TIMED_OUT, and so do its children", async () => {
    const started = performance.now();
    expect(await run("echo begun; sleep 1000 | sleep 1000", 1)).toMatchObject({
      stdout: "begun\n",
      stop: { status: "TIMED_OUT" },
    });
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it("carries long output whole, also where a character falls on a border", async () => {
    const { stdout } = await run("for i in $(seq 50000); do printf 'é😀'; done");
    expect(stdout).toBe("é😀".repeat(50_000));
  });

  it("shares the session's directory with its shells", async () => {
    const session = newSession();
    await run("echo from-command > file", undefined, session);
    // An open server for the bare client: the SDK's keys are not at hand there.
    expect((await run("cat file", undefined, session)).stdout).toBe("from-command\n");
  });

  it("stops a session, and says 404 for one that does not exist", async () => {
    const runtimeSessionId = newSession();
    await run("true", undefined, runtimeSessionId);
    const stop = () => client.send(new StopRuntimeSessionCommand({ agentRuntimeArn: ARN, runtimeSessionId }));
    expect(await stop()).toMatchObject({ runtimeSessionId, $metadata: { httpStatusCode: 200 } });
    await expect(stop()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("hears why a command is refused", async () => {
    await expect(run("")).rejects.toMatchObject({ name: "ValidationException" });
    await expect(run("true", 3601)).rejects.toMatchObject({ name: "ValidationException" });
  });
});
