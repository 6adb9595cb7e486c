// A clean home for one test: own runtime, state and config directories, the built programs, and nothing left running afterwards.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const dist = join(import.meta.dirname, "..", "..", "dist");

/** The built programs by name, as paths. */
export const program = (name: "agentd" | "daemon" | "runtime"): string => join(dist, `${name}.cjs`);

export interface RunResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A throw-away place to run agentd in. Call `dispose` when done: it stops the daemon and its local shells. */
export class Sandbox {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;

  constructor(extraEnv: NodeJS.ProcessEnv = {}) {
    this.home = realpathSync(mkdtempSync(join(tmpdir(), "agentd-test-")));
    this.env = {
      HOME: this.home,
      PATH: `${join(this.home, "bin")}:${process.env.PATH}`,
      LANG: "C.UTF-8",
      TERM: "xterm-256color",
      SHELL: "/bin/bash",
      // A prompt that tests can wait for, and no rc files of this machine.
      PS1: "$ ",
      AGENTD_RUNTIME_DIR: join(this.home, "run"),
      AGENTD_STATE_DIR: join(this.home, "state"),
      AGENTD_CONFIG: join(this.home, "config.toml"),
      ...extraEnv,
    };
    this.#install();
  }

  /** People have it on their PATH, and lines to be copied say so. */
  #install(): void {
    mkdirSync(join(this.home, "bin"));
    symlinkSync(program("agentd"), join(this.home, "bin", "agentd"));
  }

  get socketPath(): string {
    return join(this.home, "run", "agentd.sock");
  }

  /** Runs the command line to its end, without a terminal. */
  run(args: readonly string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}): RunResult {
    const result = spawnSync(process.execPath, [program("agentd"), ...args], {
      env: { ...this.env, ...options.env },
      cwd: this.home,
      encoding: "utf8",
      input: options.input ?? "",
      timeout: 30_000,
    });
    return { status: result.status, stdout: result.stdout, stderr: result.stderr };
  }

  /** The same without blocking this process: needed whenever the test itself serves something. */
  runAsync(args: readonly string[], options: { env?: NodeJS.ProcessEnv } = {}): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [program("agentd"), ...args], {
        env: { ...this.env, ...options.env },
        cwd: this.home,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let stdout = "";
      let stderr = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
      });
      child.on("error", reject);
      child.on("close", (status) => resolve({ status, stdout, stderr }));
    });
  }

  /** Runs a command that must succeed and print JSON. */
  json<T>(args: readonly string[]): T {
    const result = this.run(args);
    if (result.status !== 0)
      throw new Error(`agentd ${args.join(" ")} ended with ${result.status}: ${result.stderr}`);
    return JSON.parse(result.stdout) as T;
  }

  dispose(): void {
    this.run(["daemon", "stop", "--local-shells", "-q"]);
    // What has just been stopped may write its last while this goes.
    rmSync(this.home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
