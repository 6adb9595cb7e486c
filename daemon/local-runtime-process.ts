// Starts the local runtime, the program that owns the PTYs: it must outlive this daemon.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { AgentdError } from "../shared/errors.js";
import { printable } from "../shared/names.js";

export interface RuntimeProcessOptions {
  /** The built program. */
  readonly program: string;
  readonly socketPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const READY_LIMIT_MS = 10_000;

/**
 * Starts the program in a session of its own and resolves when it listens.
 * Nothing of ours is left in it: no pipe that could break, no inherited file, not even our working directory.
 * @throws AgentdError `spawn_failed`, with the program's last words.
 */
export function startLocalRuntime({ program, socketPath, env }: RuntimeProcessOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, "serve", "--unix", socketPath], {
      cwd: "/",
      detached: true,
      env: { ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let lastWords = "";
    const settle = (error?: AgentdError) => {
      clearTimeout(timer);
      child.removeAllListeners();
      lines.close();
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      if (error === undefined) resolve();
      else reject(error);
    };
    const fail = (why: string) =>
      settle(new AgentdError("spawn_failed", `cannot start the local runtime · ${printable(why)}`));
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail(`not ready after ${READY_LIMIT_MS / 1000} s`);
    }, READY_LIMIT_MS);
    const lines = createInterface({ input: child.stdout });
    lines.once("line", () => settle());
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      lastWords = (lastWords + text).slice(-400);
    });
    child.on("error", (error) => fail(error.message));
    child.on("close", (code) => fail(lastWords.trim() || `it ended with ${code ?? "a signal"}`));
  });
}
