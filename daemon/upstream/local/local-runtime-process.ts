// Starts the local runtime as a process of its own, which outlives the daemon.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import type { Readable } from "node:stream";
import { AgentdError } from "../../../shared/errors.js";
import { printable } from "../../../shared/names.js";

export interface LocalRuntimeProcessOptions {
  /** The program and its first arguments; `serve --unix PATH` is appended. A wrapper may come first, such as systemd-run. */
  readonly command: readonly [string, ...string[]];
  readonly socketPath: string;
  /** Where its last words go, in a private directory; made anew at each start. A file, because a pipe would break with us. */
  readonly logPath: string;
  /** All of its environment: shells bring their own. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const READY_TIMEOUT_MS = 15_000;

const MAX_LAST_WORDS = 400;

/** The ready line is short; more than this is another program. */
const MAX_READY_BYTES = 4 * 1024;

/**
 * Resolves once the runtime listens (or another one serves the socket already and it says so).
 * Its own session (`detached`): neither a signal to the daemon's group nor the daemon's end reaches it.
 * @throws AgentdError `spawn_failed`, with the program's last words when it had any.
 */
export async function startLocalRuntime(options: LocalRuntimeProcessOptions): Promise<void> {
  const { command, socketPath, logPath, env } = options;
  const [program, ...args] = command;
  rmSync(logPath, { force: true });
  const log = openSync(logPath, "wx", 0o600);
  const child = spawn(program, [...args, "serve", "--unix", socketPath], {
    cwd: "/",
    detached: true,
    env: { ...env },
    stdio: ["ignore", "pipe", log],
  });
  closeSync(log);
  // Nothing that happens to it later is news here; without a listener an error would end the daemon.
  child.on("error", () => {});
  try {
    if (child.stdout !== null) await readyLine(child, child.stdout);
  } catch (cause) {
    child.kill("SIGKILL");
    const why = cause instanceof Error ? cause.message : "unknown reason";
    const lastWords = readFileSync(logPath, "utf8").trim().slice(-MAX_LAST_WORDS);
    throw new AgentdError(
      "spawn_failed",
      `the local runtime did not start · ${printable(lastWords || why)}`,
      {
        cause,
      },
    );
  } finally {
    child.stdout?.destroy();
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
