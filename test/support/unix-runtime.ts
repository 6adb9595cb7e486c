// The built local runtime as the daemon starts it: on a Unix socket, in a directory of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { ShellClient } from "./local-service.js";
import { program } from "./sandbox.js";

const LOCAL_ARN = "arn:aws:bedrock-agentcore:local:000000000000:runtime/local";

export class UnixRuntime {
  readonly directory: string;
  readonly socketPath: string;
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;

  private constructor(directory: string, child: ChildProcess) {
    this.directory = directory;
    this.socketPath = join(directory, "rt.sock");
    this.process = child;
    this.exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }

  static async start(directory = mkdtempSync(join(tmpdir(), "agentd-rt-"))): Promise<UnixRuntime> {
    chmodSync(directory, 0o700);
    const args = [program("runtime"), "serve", "--unix", join(directory, "rt.sock")];
    const env = { PATH: process.env["PATH"], AGENTD_OWN_SECRET: "not-for-shells" };
    const child = spawn(process.execPath, args, {
      cwd: "/",
      env,
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const runtime = new UnixRuntime(directory, child);
    for await (const line of createInterface({ input: child.stdout })) {
      JSON.parse(line);
      return runtime;
    }
    throw new Error("the runtime ended before it was ready");
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    return await new Promise((resolve, reject) => {
      const call = request({ socketPath: this.socketPath, method, path, agent: false }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> }),
        );
      });
      call.on("error", reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Starts a shell as the daemon does. */
  create(spec: Record<string, unknown>): Promise<{ status: number; body: Record<string, unknown> }> {
    return this.call("POST", "/agentd/shells", {
      name: "work",
      cwd: this.directory,
      env: { PATH: process.env["PATH"], HOME: this.directory, SHELL: "/bin/bash" },
      cols: 80,
      rows: 24,
      ...spec,
    });
  }

  connect(session: string, shellId: string, headers: Record<string, string> = {}): ShellClient {
    const path = `/runtimes/${encodeURIComponent(LOCAL_ARN)}/ws/shells?shellId=${shellId}`;
    const all = { "x-amzn-bedrock-agentcore-runtime-session-id": session, ...headers };
    return new ShellClient(
      new WebSocket(`ws+unix://${this.socketPath}:${path}`, { headers: all, perMessageDeflate: false }),
    );
  }

  async open(session: string, shellId: string, headers: Record<string, string> = {}): Promise<ShellClient> {
    const client = this.connect(session, shellId, headers);
    await client.opened;
    return client;
  }

  async dispose(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGTERM");
    await this.exited;
    rmSync(this.directory, { recursive: true, force: true });
  }
}
