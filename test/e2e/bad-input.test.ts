// One line and one exit status for everything that can be wrong on the command line.
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CREDENTIAL_ENV, RuntimeServer, TEST_ARN } from "../support/runtime-server.js";
import { type RunResult, Sandbox } from "../support/sandbox.js";

describe("bad input", () => {
  let sandbox: Sandbox;
  let server: RuntimeServer;

  beforeAll(async () => {
    server = await RuntimeServer.start();
    sandbox = new Sandbox({ ...CREDENTIAL_ENV, AWS_SECRET_ACCESS_KEY: "wrong" });
    expect(sandbox.run(["new", "-d", "--local", "work", "--", "sleep", "1000"])).toMatchObject({ status: 0 });
  });

  afterAll(async () => {
    sandbox.dispose();
    await server.stop();
  });

  /** One line on stderr, nothing on stdout. */
  const expectLine = (result: RunResult, status: number, text: string | RegExp) => {
    expect(result).toMatchObject({ status, stdout: "" });
    expect(result.stderr).toMatch(/^[^\n]+\n$/);
    if (typeof text === "string") expect(result.stderr).toContain(text);
    else expect(result.stderr).toMatch(text);
  };

  it.each<[string[], number, string]>([
    [["capture", "wrok"], 2, "no shell 'wrok' · did you mean 'work'?"],
    [["kill", "wrok"], 2, "no shell 'wrok' · did you mean 'work'?"],
    [["send", "wrok", "x"], 2, "no shell 'wrok' · did you mean 'work'?"],
    [["rename", "wrok", "x"], 2, "no shell 'wrok' · did you mean 'work'?"],
    [["detach", "nobody"], 2, "no shell 'nobody' · agentd ls shows all"],
    [["new", "-d", "--local", "work"], 73, "name 'work' exists · agentd attach work"],
    [["rename", "work", "work/er"], 64, "bad name 'work/er'"],
    [["new", "-d", "--local", ".."], 64, "bad name '..'"],
    [["new", "-d", "--local", "x".repeat(65)], 64, "bad name"],
    [["new", "-d", "x", "--runtime", "arn:bad"], 64, "arn:bad"],
    [["new", "-d", "x", "--local", "--size", "0x0"], 64, "bad size '0x0'"],
    [["new", "-d", "x", "--local", "--region", "r"], 64, "--region needs --runtime ARN"],
    [["attach", "work"], 255, "no terminal here"],
    [["new", "fresh", "--local", "--escapes", "rwa"], 64, "--escapes is safe or raw"],
    [["new", "fresh", "--local", "--clipboard", "yes"], 64, "--clipboard is deny or allow"],
    [["new", "fresh", "--local", "--size-policy", "big"], 64, "bad size policy 'big'"],
    [["new", "fresh", "--local", "--label", "="], 64, "label"],
    [["new", "fresh", "--local"], 255, "no terminal here · without one: agentd new -d fresh"],
    [["ls", "--jsno"], 64, "unknown flag '--jsno' · did you mean '--json'?"],
    [["attach", "work", "--tak"], 64, "did you mean '--take'?"],
    [["lst"], 64, "did you mean 'agentd l"],
    [["attach-session"], 64, "agentd attach NAME"],
    [["daemon", "stat"], 64, "did you mean"],
    [["capture", "work", "-S", "x"], 64, "bad start 'x'"],
    [["send", "work"], 64, "nothing to send"],
    [["send", "work", "--paste", "/does/not/exist"], 64, "cannot read '/does/not/exist' (ENOENT)"],
  ])("answers %j with %i", (args, status, text) => {
    expectLine(sandbox.run(args), status, text);
  });

  it("answers an unreachable endpoint with 69, and leaves nothing behind", async () => {
    const args = ["new", "-d", "x", "--runtime", TEST_ARN, "--endpoint-url", "http://127.0.0.1:9"];
    expectLine(await sandbox.runAsync(args), 69, /127\.0\.0\.1/);
    expect(sandbox.run(["ls", "-q"]).stdout).toBe("work\n");
  });

  it("answers wrong credentials with 77, and leaves nothing behind", async () => {
    const args = ["new", "-d", "x", "--runtime", TEST_ARN, "--endpoint-url", server.url];
    expectLine(await sandbox.runAsync(args), 77, /./);
    expect(sandbox.run(["ls", "-q"]).stdout).toBe("work\n");
  });

  it("answers an unsafe runtime directory with 78 and the command that mends it", () => {
    const path = join(sandbox.home, "open");
    mkdirSync(path);
    chmodSync(path, 0o770);
    const result = sandbox.run(["ls"], { env: { AGENTD_RUNTIME_DIR: path } });
    expectLine(result, 78, "has unsafe permissions (0770, want 0700) · run: chmod 700 ");
  });

  it("answers a socket path over 103 bytes with 78 and both lengths", () => {
    const result = sandbox.run(["ls"], { env: { AGENTD_RUNTIME_DIR: join(sandbox.home, "x".repeat(100)) } });
    expectLine(result, 78, /has \d+ bytes, 103 are possible/);
  });

  it("gives errors as JSON with --json", () => {
    const result = sandbox.run(["capture", "wrok", "--json"]);
    expect(result).toMatchObject({ status: 2, stderr: "" });
    expect(JSON.parse(result.stdout)).toEqual({
      v: 1,
      error: { code: "shell_not_found", message: "no shell 'wrok' · did you mean 'work'?" },
    });
  });

  it("goes on after a name that is wrong, and answers with its status", () => {
    sandbox.run(["new", "-d", "--local", "one", "--", "sleep", "1000"]);
    const result = sandbox.run(["kill", "nobody", "one"]);
    expect(result.status).toBe(2);
    expect(sandbox.run(["ls", "-q"]).stdout).toBe("work\n");
  });

  it("has help for every command", () => {
    for (const command of [
      "new",
      "attach",
      "detach",
      "ls",
      "send",
      "capture",
      "rename",
      "kill",
      "daemon",
      "runtime",
      "version",
    ]) {
      const { status, stdout, stderr } = sandbox.run([command, "--help"]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(new RegExp(`^usage: agentd ${command}`));
    }
  });
});
