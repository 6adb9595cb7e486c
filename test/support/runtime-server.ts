// `agentd runtime serve` as a process of its own: the AgentCore-compatible endpoint that tests point clients at.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { program } from "./sandbox.js";

export const TEST_ARN = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1";

export const TEST_CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret-for-tests" } as const;

/** The environment that makes the default credential chain find the test's keys, and nothing else. */
export const CREDENTIAL_ENV: NodeJS.ProcessEnv = {
  AWS_ACCESS_KEY_ID: TEST_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: TEST_CREDENTIALS.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: "true",
};

/** A running server; `url` has no trailing slash. */
export class RuntimeServer {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #directory: string;
  /** Listened to from the start: a test may have killed it. */
  readonly #ended: Promise<unknown>;

  private constructor(url: string, child: ChildProcess, directory: string) {
    this.url = url;
    this.#child = child;
    this.#directory = directory;
    this.#ended = new Promise((resolve) => child.once("exit", resolve));
  }

  /** @param knobs what goes into its config file; default: SigV4 with the test's keys. */
  static async start(
    knobs: Record<string, unknown> = { credentials: [TEST_CREDENTIALS] },
  ): Promise<RuntimeServer> {
    const directory = mkdtempSync(join(tmpdir(), "agentd-serve-"));
    const config = join(directory, "runtime.json");
    writeFileSync(config, JSON.stringify(knobs));
    const args = [program("agentd"), "runtime", "serve", "--listen", "127.0.0.1:0", "--config", config];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: child.stdout })) {
      const { url } = JSON.parse(line) as { url: string };
      return new RuntimeServer(url, child, directory);
    }
    throw new Error("runtime serve ended before it was ready");
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
