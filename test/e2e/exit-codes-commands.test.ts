// The exit status of `run` and `exec`: the command's own, or one row of the table in the README, with one line that says why.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CREDENTIAL_ENV, RuntimeServer, TEST_ARN, TEST_CREDENTIALS } from "../support/runtime-server.js";
import { Sandbox } from "../support/sandbox.js";
import { until } from "../support/until.js";

interface Row {
  readonly what: string;
  readonly args: readonly string[];
  readonly status: number;
  /** On stderr; absent: nothing is said. */
  readonly says?: RegExp;
  readonly env?: NodeJS.ProcessEnv;
}

describe("the exit status of run", () => {
  let sandbox: Sandbox;
  beforeAll(() => {
    sandbox = new Sandbox();
    for (const name of ["work", "ends", "busy"]) {
      sandbox.run(["new", "-d", "--local", name, "--", "bash", "--norc", "--noprofile"]);
      expect(sandbox.run(["wait", name, "--prompt", "--timeout", "20s"]).status).toBe(0);
    }
    sandbox.run(["send", "busy", "cat", "Enter"]);
    expect(sandbox.run(["wait", "busy", "--text", "cat", "--timeout", "20s"]).status).toBe(0);
  });
  afterAll(() => sandbox.dispose());

  const rows: readonly Row[] = [
    { what: "success", args: ["work", "--", "true"], status: 0 },
    { what: "the command's own", args: ["work", "--", "sh", "-c", "exit 7"], status: 7 },
    { what: "255 of the command's own", args: ["work", "--", "sh", "-c", "exit 255"], status: 255 },
    { what: "no such command", args: ["work", "--", "no-such-command"], status: 127 },
    { what: "a signal", args: ["work", "--", "sh", "-c", "kill -9 $$"], status: 137 },
    { what: "the end of the shell itself", args: ["ends", "--", "exit 5"], status: 5 },
    {
      what: "a timeout",
      args: ["work", "--timeout", "300ms", "--kill", "--", "sleep 100"],
      status: 124,
      says: /300ms|0\.3s/,
    },
    { what: "no prompt", args: ["busy", "--", "true"], status: 75, says: /^[^\n]*cat[^\n]*\n$/ },
    { what: "no such shell", args: ["wrok", "--", "true"], status: 2, says: /did you mean 'work'\?/ },
    { what: "no command", args: ["work"], status: 64, says: /run needs a command/ },
    { what: "a bad name", args: ["a/b", "--", "true"], status: 64, says: /bad name/ },
    {
      what: "an unknown flag",
      args: ["work", "--tiemout", "3", "--", "true"],
      status: 64,
      says: /--timeout/,
    },
  ];

  it.each(rows.map((row) => [row.what, row] as const))("%s", async (_what, { args, status, says }) => {
    const ended = await sandbox.runAsync(["run", ...args]);
    expect(ended.status, ended.stderr).toBe(status);
    if (says !== undefined) expect(ended.stderr).toMatch(says);
  });

  it("an end that nobody knows: the daemon died", async () => {
    const { pid } = sandbox.json<{ pid: number }>(["daemon", "status", "--json"]);
    const running = sandbox.runAsync(["run", "work", "--", "echo begun; sleep 100"]);
    await until("it runs", () =>
      sandbox.run(["rpc", "shell.capture", '{"name":"work"}']).stdout.includes("begun"),
    );
    process.kill(pid, "SIGKILL");
    expect(await running).toMatchObject({ status: 254, stderr: expect.stringMatching(/not known/) });
  });
});

describe("the exit status of exec", () => {
  let sandbox: Sandbox;
  let server: RuntimeServer;
  const endpoints: Server[] = [];
  beforeAll(async () => {
    server = await RuntimeServer.start({ credentials: [TEST_CREDENTIALS] });
    sandbox = new Sandbox(CREDENTIAL_ENV);
  });
  afterAll(async () => {
    sandbox.dispose();
    await server.stop();
    for (const http of endpoints) {
      http.closeAllConnections();
      http.close();
    }
  });

  const exec = (url: string, args: readonly string[], env?: NodeJS.ProcessEnv) =>
    sandbox.runAsync(["exec", "--runtime", TEST_ARN, "--endpoint-url", url, ...args], env && { env });

  const rows: readonly Row[] = [
    { what: "success", args: ["true"], status: 0 },
    { what: "the command's own", args: ["exit 7"], status: 7 },
    { what: "255 of the command's own", args: ["exit 255"], status: 255 },
    { what: "a signal", args: ["kill -9 $$"], status: 137 },
    { what: "a timeout", args: ["--timeout", "1s", "sleep 100"], status: 124, says: /ended after 1s/ },
    { what: "no command", args: [], status: 64, says: /exec needs a command/ },
    { what: "a bad session id", args: ["--session-id", "short", "true"], status: 64, says: /session/ },
    { what: "a bad timeout", args: ["--timeout", "2h", "true"], status: 64, says: /from 1s to 1h/ },
  ];
  it.each(rows.map((row) => [row.what, row] as const))("%s", async (_what, { args, status, says }) => {
    const ended = await exec(server.url, args);
    expect(ended.status, ended.stderr).toBe(status);
    if (says !== undefined) expect(ended.stderr).toMatch(says);
    else expect(ended.stderr).toBe("");
  });

  const refused = (status: number, type: string, message: string): RequestListener => {
    return (_, response) =>
      response
        .writeHead(status, { "x-amzn-errortype": type, "content-type": "application/json" })
        .end(JSON.stringify({ message }));
  };
  it.each<[what: string, answer: RequestListener, status: number, says: RegExp]>([
    ["no permission", refused(403, "AccessDeniedException", "no"), 77, /access denied/],
    ["no such runtime", refused(404, "ResourceNotFoundException", "no"), 2, /no runtime/],
    ["a used-up quota", refused(402, "ServiceQuotaExceededException", "no"), 75, /quota/],
    [
      "a stream that is cut off",
      (_, response) => {
        response.writeHead(200);
        response.flushHeaders();
        response.socket?.destroy();
      },
      69,
      /not known/,
    ],
  ])("%s", async (_what, answer, status, says) => {
    const http = createServer(answer);
    endpoints.push(http);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const ended = await exec(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, ["true"]);
    expect(ended.status, ended.stderr).toBe(status);
    expect(ended.stderr).toMatch(says);
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
  });

  it("nobody there", async () => {
    expect(await exec("http://127.0.0.1:1", ["true"])).toMatchObject({ status: 69 });
  });
});
