// `agentd exec` by the built command line: signed calls that the server verifies, exact output, honest exit codes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { encodeChunk } from "../../../daemon/local/event-stream.js";
import { newSession } from "../../support/local-service.js";
import { CREDENTIAL_ENV, RuntimeServer, TEST_ARN, TEST_CREDENTIALS } from "../../support/runtime-server.js";
import { program, type RunResult, Sandbox } from "../../support/sandbox.js";
import { until } from "../../support/until.js";

const TOKEN = "header.payload-canary.signature";

let server: RuntimeServer;
let sandbox: Sandbox;

beforeAll(async () => {
  server = await RuntimeServer.start({ credentials: [TEST_CREDENTIALS], bearerTokens: [TOKEN] });
  sandbox = new Sandbox(CREDENTIAL_ENV);
});
afterAll(async () => {
  sandbox.dispose();
  await server.stop();
});

const exec = (...args: string[]): Promise<RunResult> =>
  sandbox.runAsync(["exec", "--runtime", TEST_ARN, "--endpoint-url", server.url, ...args]);

/** An endpoint that answers each command as the test says. */
async function scripted(answer: RequestListener): Promise<string> {
  const http = createServer(answer);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}
const execAt = (url: string, ...args: string[]) =>
  sandbox.runAsync(["exec", "--runtime", TEST_ARN, "--endpoint-url", url, ...args]);

describe("exec", () => {
  it("passes stdout to stdout, stderr to stderr, and the exit code on", async () => {
    expect(await exec("echo out; echo err >&2; exit 3")).toEqual({
      status: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
    expect(await exec("kill -9 $$")).toMatchObject({ status: 137 });
    expect(await exec("--", "printf", "%s|", "a b", "$HOME", "it's")).toMatchObject({
      status: 0,
      stdout: "a b|$HOME|it's|",
    });
  });

  it("gives one JSON object with --json, also for an error", async () => {
    const session = newSession();
    const { status, stdout, stderr } = await exec(
      "--json",
      "--session-id",
      session,
      "echo out; echo err >&2; exit 3",
    );
    expect({ status, stderr }).toEqual({ status: 3, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      v: 1,
      exitCode: 3,
      status: "COMPLETED",
      stdout: "out\n",
      stderr: "err\n",
      runtimeSessionId: session,
    });
    const refused = await sandbox.runAsync(["exec", "--json", "--runtime", "arn:x", "true"]);
    expect(refused.status).toBe(64);
    expect(JSON.parse(refused.stdout)).toMatchObject({ v: 1, error: { code: "bad_arn" } });
  });

  it("runs in the session that is named, and in a fresh one otherwise", async () => {
    const session = newSession();
    await exec("--session-id", session, "echo kept > file");
    expect((await exec("--session-id", session, "cat file")).stdout).toBe("kept\n");
    expect((await exec("cat file")).status).toBe(1);
  });

  it("carries megabytes without losing a byte", async () => {
    const { stdout } = await exec("for i in $(seq 60000); do printf 'line-%d-é😀\\n' $i; done");
    expect(stdout === Array.from({ length: 60_000 }, (_, n) => `line-${n + 1}-é😀\n`).join("")).toBe(true);
  });

  it("ends with 124 when the service ended the command at its timeout", async () => {
    const late = await exec("--timeout", "1s", "echo begun; sleep 100");
    expect(late).toMatchObject({ status: 124, stdout: "begun\n" });
    expect(late.stderr).toContain("ended after 1s");
    const json = await exec("--timeout", "1", "--json", "sleep 100");
    expect(json.status).toBe(124);
    expect(JSON.parse(json.stdout)).toMatchObject({ status: "TIMED_OUT" });
  });

  it("ends with 130 at Ctrl-C, and gives the command up", async () => {
    const session = newSession();
    const args = ["exec", "--runtime", TEST_ARN, "--endpoint-url", server.url, "--session-id", session];
    const child = spawn(
      process.execPath,
      [program("agentd"), ...args, "echo $$ > pid; echo begun; exec sleep 1000"],
      {
        env: sandbox.env,
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    await once(child.stdout, "data");
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([130, null]);
    await until("the command is gone", async () => {
      const alive = await exec("--session-id", session, "kill -0 $(cat pid)");
      return alive.status === 1;
    });
  });

  it.each([
    [[], 64, 'exec needs a command · agentd exec --runtime ARN "command"'],
    [["--timeout", "2h", "x"], 64, "--timeout is from 1s to 1h"],
    [["--session-id", "short", "x"], 64, "33"],
    [["--harness", "h", "x"], 64, "--harness"],
    [["--target", "t", "x"], 64, "--target"],
    [["--it", "x"], 64, "--it opens a shell and takes no command"],
    [["--it", "--timeout", "5"], 64, "--timeout is for a single command"],
    [["--it", "--shell-id", "x"], 64, "--shell-id needs --session-id"],
    [["--it"], 255, "no terminal here"],
    [["--bearer-token", "a", "--bearer-token-file", "b", "x"], 64, "not both"],
  ] as const)("says what is wrong with %j", async (args, status, words) => {
    const result = await exec(...args);
    expect(result.status, result.stderr).toBe(status);
    expect(result.stderr).toContain(words);
    expect(result.stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  it("is refused with 77 for wrong keys, and 2 for a runtime that does not exist", async () => {
    const other = new Sandbox({ ...CREDENTIAL_ENV, AWS_SECRET_ACCESS_KEY: "wrong" });
    onTestFinished(() => other.dispose());
    const args = ["exec", "--runtime", TEST_ARN, "--endpoint-url", server.url, "true"];
    expect((await other.runAsync(args)).status).toBe(77);
    const denied = await execAt(
      await scripted((_request, response) => {
        response.writeHead(403, { "x-amzn-ErrorType": "AccessDeniedException" }).end('{"message":"no"}');
      }),
      "true",
    );
    expect(denied.status).toBe(77);
    expect(denied.stderr).toContain("it needs bedrock-agentcore:InvokeAgentRuntimeCommand on");
    const missing = await execAt(
      await scripted((_request, response) => {
        response.writeHead(404, { "x-amzn-ErrorType": "ResourceNotFoundException" }).end("{}");
      }),
      "true",
    );
    expect(missing.status).toBe(2);
  });

  it("tries again while the session is busy, and with the service's clock when ours is wrong", async () => {
    let calls = 0;
    const url = await scripted((_request, response) => {
      if (++calls === 1) {
        response.writeHead(409, { "x-amzn-ErrorType": "RetryableConflictException" }).end("{}");
      } else if (calls === 2) {
        const date = new Date(Date.now() + 3_600_000).toUTCString();
        response.writeHead(403, { "x-amzn-ErrorType": "InvalidSignatureException", date }).end("{}");
      } else {
        response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
        response.end(encodeChunk({ contentStop: { exitCode: 0, status: "COMPLETED" } }));
      }
    });
    expect(await execAt(url, "true")).toMatchObject({ status: 0 });
    expect(calls).toBe(3);
  });

  it.each([
    ["stops in the middle", () => {}, "the command's end is not known"],
    ["is cut off", (response: { destroy(): void }) => response.destroy(), "the command's end is not known"],
    [
      "is not an event stream",
      (response: { write(text: string): void }) => response.write("<html>not this</html>"),
      "cannot be read",
    ],
    [
      "names a failure of the platform",
      (response: { write(bytes: Uint8Array): void }) =>
        response.write(encodeChunk({ contentStop: { exitCode: -1, status: "COMPLETED" } })),
      "the command has no exit code",
    ],
  ] as const)("never says 0 for an answer that %s", async (_what, rest, words) => {
    const url = await scripted((_request, response) => {
      response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
      response.write(encodeChunk({ contentDelta: { stdout: "some\n" } }), () => {
        rest(response as never);
        response.end();
      });
    });
    const result = await execAt(url, "true");
    expect(result).toMatchObject({ status: 69, stdout: "some\n" });
    expect(result.stderr).toContain(words);
  });

  it("takes a bearer token from a file, the environment or the flag, warns of the flag, and leaves no trace of it", async () => {
    const file = join(sandbox.home, "token");
    writeFileSync(file, `${TOKEN}\n`);
    chmodSync(file, 0o600);
    const bare = new Sandbox({ AWS_EC2_METADATA_DISABLED: "true" });
    onTestFinished(() => bare.dispose());
    const args = ["exec", "--runtime", TEST_ARN, "--endpoint-url", server.url];
    expect(await bare.runAsync([...args, "--bearer-token-file", file, "true"])).toMatchObject({
      status: 0,
      stderr: "",
    });
    const env = { AGENTD_BEARER_TOKEN: TOKEN };
    expect(await bare.runAsync([...args, "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    const flag = await bare.runAsync([...args, "--bearer-token", TOKEN, "true"]);
    expect(flag).toMatchObject({ status: 0 });
    expect(flag.stderr).toContain("other users of this machine can see --bearer-token");
    expect((await bare.runAsync([...args, "--bearer-token", "wrong", "true"])).status).toBe(77);
    const found = await bare.runAsync(["daemon", "status"]);
    expect(found.status).toBe(0);
    const { execFileSync } = await import("node:child_process");
    const files = execFileSync("sh", ["-c", `grep -rl payload-canary ${join(bare.home, "state")} || true`]);
    expect(files.toString()).toBe("");
  });
});
