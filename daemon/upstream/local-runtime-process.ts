// Starts the local runtime as a process of its own, which outlives the daemon.
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { AgentdError } from "../../shared/errors.js";

export interface LocalRuntimeProcessOptions {
  /** The program and its first arguments; `serve --unix PATH` is appended. A wrapper may come first, such as systemd-run. */
  readonly command: readonly [string, ...string[]];
  readonly socketPath: string;
  /** All of its environment: shells bring their own. */
  readonly env: Readonly<Record<string, string>>;
}

const READY_TIMEOUT_MS = 15_000;

/** The ready line is short; more than this is another program. */
const MAX_READY_BYTES = 4 * 1024;

/**
 * Resolves once the runtime listens (or another one serves the socket already and it says so).
 * Its own session (`detached`): neither a signal to the daemon's group nor the daemon's end reaches it.
 * @throws AgentdError `spawn_failed`
 */
export async function startLocalRuntime(options: LocalRuntimeProcessOptions): Promise<void> {
  const [program, ...args] = options.command;
  const child = spawn(program, [...args, "serve", "--unix", options.socketPath], {
    cwd: "/",
    detached: true,
    env: { ...options.env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    await readyLine(child, child.stdout);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "unknown reason";
    throw new AgentdError("spawn_failed", `the local runtime did not start · ${why}`, { cause });
  } finally {
    child.stdout.destroy();
    child.unref();
  }
}

/** Resolves at the first line of `output`; rejects when the process ends, fails to start, or takes too long. */
function readyLine(child: ChildProcess, output: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error("it did not get ready in time")), READY_TIMEOUT_MS);
    const settle = (outcome: () => void) => {
      clearTimeout(timer);
      outcome();
    };
    child.once("error", (error) => settle(() => reject(error)));
    child.once("exit", (code, signal) => {
      settle(() => reject(new Error(`it ended at once (${signal ?? `status ${code}`})`)));
    });
    output.setEncoding("utf8");
    output.on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\n")) settle(resolve);
      else if (text.length > MAX_READY_BYTES) settle(() => reject(new Error("it said something else")));
    });
  });
}
