// The built daemon as a process, in directories of its own, gone when the test has ended.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { program } from "./sandbox.js";
import { SocketClient } from "./socket-client.js";
import { tempDirectory } from "./temp-directory.js";

export interface Report {
  readonly socket?: string;
  readonly pid?: number;
  readonly running?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface Exit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Directories and environment for daemons that belong together. Call it inside a test. */
export class DaemonHome {
  readonly home = tempDirectory();
  readonly runtime = join(this.home, "run");
  readonly state = join(this.home, "state");
  readonly socket = join(this.runtime, "agentd.sock");
  env: NodeJS.ProcessEnv;
  readonly #daemons: DaemonProcess[] = [];

  constructor(env: NodeJS.ProcessEnv = {}) {
    mkdirSync(this.runtime, { mode: 0o700 });
    this.env = {
      PATH: process.env.PATH,
      HOME: this.home,
      AGENTD_RUNTIME_DIR: this.runtime,
      AGENTD_STATE_DIR: this.state,
      AGENTD_CONFIG: join(this.home, "config.toml"),
      ...env,
    };
  }

  /** @param options `descriptors`: how many it may have open; `before`: a program that becomes the daemon. */
  start(
    options: { env?: NodeJS.ProcessEnv; node?: string[]; descriptors?: number; before?: string[] } = {},
  ): DaemonProcess {
    const limit = options.descriptors === undefined ? [] : ["prlimit", `--nofile=${options.descriptors}`];
    const before = options.before ?? limit;
    const daemon = new DaemonProcess({ ...this.env, ...options.env }, options.node ?? [], before);
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Ends the local shells with the test, also when it fails. */
  endShellsWithTest(): this {
    onTestFinished(async () => {
      // Whoever is the daemon by now, or a new one.
      await this.start().report;
      const client = await SocketClient.greeted(this.socket);
      await client.call("daemon.stop", { localShells: true });
      client.socket.end();
      await this.ended();
    });
    return this;
  }

  /** Resolves when every daemon that was started here has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#daemons.map((daemon) => daemon.exited));
  }
}

export class DaemonProcess {
  readonly child: ChildProcess;
  /** The first line of stdout; undefined when it ended without one. */
  readonly report: Promise<Report | undefined>;
  readonly exited: Promise<Exit>;
  stdout = "";
  stderr = "";

  constructor(env: NodeJS.ProcessEnv, node: string[], before: readonly string[] = []) {
    const [file = "", ...args] = [...before, process.execPath, ...node, program("daemon"), "run"];
    const child = spawn(file, args, {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    child.stderr.on("data", (chunk) => {
      this.stderr += chunk;
    });
    this.report = new Promise((resolve) => {
      child.stdout.on("data", (chunk) => {
        this.stdout += chunk;
        if (this.stdout.includes("\n")) resolve(JSON.parse(this.stdout.split("\n")[0] ?? "") as Report);
      });
      child.once("close", () => resolve(undefined));
    });
    this.exited = once(child, "close").then(([status, signal]) => ({ status, signal }) as Exit);
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await this.exited;
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Waits for readiness; throws what the daemon said instead. */
  async ready(): Promise<this> {
    const report = await this.report;
    if (report?.socket === undefined) throw new Error(`not ready: ${JSON.stringify(report)} ${this.stderr}`);
    return this;
  }

  async kill(signal: NodeJS.Signals): Promise<Exit> {
    this.child.kill(signal);
    return this.exited;
  }
}
