// Starts the local runtime: a program of its own, so that local shells outlive every daemon.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { AgentdError } from "../shared/errors.js";

const READY_TIMEOUT_MS = 10_000;

/** All the runtime needs; shells get the environment of whoever made them, and nobody gets the daemon's credentials. */
const ALLOWED =
  /^(?:HOME|PATH|USER|LOGNAME|SHELL|LANG|LC_.*|TERM|TZ|TMPDIR|XDG_RUNTIME_DIR|AGENTD_LOG_LEVEL)$/;

export interface StartOptions {
  readonly socketPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The program; default: next to the daemon's. */
  readonly program?: string;
}

/**
 * Resolves when the runtime listens at `socketPath`. It has its own session and working directory, and is told nothing else.
 * @throws AgentdError `spawn_failed`.
 */
export async function startLocalRuntime({
  socketPath,
  env,
  program = defaultProgram(),
}: StartOptions): Promise<void> {
  const child = spawn(process.execPath, [program, "serve", "--unix", socketPath], {
    detached: true,
    cwd: "/",
    env: Object.fromEntries(Object.entries(env).filter(([name]) => ALLOWED.test(name))),
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const failed = (message: string, cause?: unknown) =>
        reject(new AgentdError("spawn_failed", `the local runtime ${message}`, { cause }));
      const timer = setTimeout(() => failed("did not become ready"), READY_TIMEOUT_MS);
      child.once("error", (cause) => failed("cannot be started", cause));
      child.once("exit", (status, signal) => failed(`ended at once (${signal ?? `exit status ${status}`})`));
      createInterface({ input: child.stdout }).once("line", resolve);
      child.once("close", () => clearTimeout(timer));
      child.stdout.once("data", () => clearTimeout(timer));
    });
  } finally {
    // From now on it is on its own: nothing of it keeps this process alive or is told when this process ends.
    child.stdout.destroy();
    child.removeAllListeners();
    child.on("error", () => {});
    child.unref();
  }
}

function defaultProgram(): string {
  return join(import.meta.dirname, "runtime.cjs");
}
