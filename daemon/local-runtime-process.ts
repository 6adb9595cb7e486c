// Starts the local runtime, the program that owns the PTYs: it must outlive this daemon.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { AgentdError } from "../shared/errors.js";
import { printable } from "../shared/names.js";

export interface RuntimeProcessOptions {
  /** The built program. */
  readonly program: string;
  readonly socketPath: string;
  /** Where its last words go; made anew at each start. */
  readonly logPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const READY_LIMIT_MS = 10_000;

/**
 * Starts the program in a session of its own and resolves when it listens.
 * Nothing of ours is left in it: no pipe that could break, no inherited file, not even our working directory.
 * @throws AgentdError `spawn_failed`, with the program's last words.
 */
export async function startLocalRuntime(options: RuntimeProcessOptions): Promise<void> {
  const { program, socketPath, logPath, env } = options;
  rmSync(logPath, { force: true });
  const log = openSync(logPath, "wx", 0o600);
  const child = spawn(process.execPath, [program, "serve", "--unix", socketPath], {
    cwd: "/",
    detached: true,
    env: { ...env },
    stdio: ["ignore", "pipe", log],
  });
  closeSync(log);
  const why = await firstLine(child);
  child.removeAllListeners();
  // Nothing that happens to it from now on is news here; without a listener an error would end the daemon.
  child.on("error", () => {});
  child.stdout?.destroy();
  child.unref();
  if (why === undefined) return;
  child.kill("SIGKILL");
  const lastWords = readFileSync(logPath, "utf8").trim().slice(-400);
  throw new AgentdError("spawn_failed", `cannot start the local runtime · ${printable(lastWords || why)}`);
}

/** Undefined once the program has said that it is ready; otherwise why it will not. */
function firstLine(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(`not ready after ${READY_LIMIT_MS / 1000} s`), READY_LIMIT_MS);
    const settle = (why?: string) => {
      clearTimeout(timer);
      resolve(why);
    };
    child.stdout?.once("data", () => settle());
    child.once("error", (error) => settle(error.message));
    child.once("close", (code) => settle(`it ended with ${code ?? "a signal"}`));
  });
}
