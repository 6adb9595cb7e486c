// docs/protocol.md is enough to write another client: this drives the socket with plain nc and with the page's own Python script.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ShellInfo } from "../../../shared/rpc.js";
import { Sandbox } from "../../support/sandbox.js";

const page = readFileSync(join(import.meta.dirname, "../../../docs/protocol.md"), "utf8");
const has = (command: string) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

interface Answer {
  readonly id: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly data?: { readonly code?: string } };
}

describe("docs/protocol.md", () => {
  let sandbox: Sandbox;

  beforeAll(() => {
    sandbox = new Sandbox();
    expect(sandbox.run(["new", "-d", "--local", "doc", "--", "bash", "--norc", "--noprofile"])).toMatchObject(
      { status: 0 },
    );
  });

  afterAll(() => sandbox.dispose());

  it.skipIf(!has("nc"))("is enough for plain nc -U: hello, list, capture, an error", async () => {
    const requests = [
      { jsonrpc: "2.0", id: 1, method: "hello", params: { protocol: 1, client: "nc" } },
      { jsonrpc: "2.0", id: 2, method: "shell.list", params: {} },
      { jsonrpc: "2.0", id: "three", method: "shell.capture", params: { name: "doc" } },
      { jsonrpc: "2.0", id: 4, method: "shell.info", params: { name: "nobody" } },
    ];
    const nc = spawn("nc", ["-U", sandbox.socketPath], { stdio: ["pipe", "pipe", "inherit"] });
    nc.stdin.write(requests.map((request) => `${JSON.stringify(request)}\n`).join(""));
    const answers = new Map<
      unknown,
      { result?: Record<string, unknown>; error?: { data?: { code?: string } } }
    >();
    let text = "";
    for await (const chunk of nc.stdout.setEncoding("utf8")) {
      text += chunk as string;
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const answer = JSON.parse(line) as Answer;
        answers.set(answer.id, answer);
      }
      if (answers.size === requests.length) nc.kill();
    }
    expect(answers.get(1)?.result).toMatchObject({ protocol: 1 });
    expect(((answers.get(2)?.result?.shells ?? []) as ShellInfo[]).map((shell) => shell.name)).toEqual([
      "doc",
    ]);
    expect(answers.get("three")?.result).toHaveProperty("text");
    expect(answers.get(4)?.error?.data?.code).toBe("shell_not_found");
  });

  it.skipIf(!has("python3"))(
    "is enough for its own Python script, which attaches, types and reads frames",
    () => {
      const script = /```python\n([\s\S]*?)```/.exec(page)?.[1];
      expect(script?.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
      const path = join(sandbox.home, "client.py");
      writeFileSync(path, script ?? "");
      const args = [path, sandbox.socketPath, "doc", "echo from-$((40+2))-python", "from-42-python"];
      const result = spawnSync("python3", args, { encoding: "utf8", timeout: 15_000 });
      expect(result).toMatchObject({ status: 0 });
      expect(result.stdout).toContain("from-42-python");
    },
  );
});
