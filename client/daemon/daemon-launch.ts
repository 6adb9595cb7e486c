// Finds the daemon, or starts it: one winner among any number of clients that start at the same time.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { AgentdError, isErrorCode } from "../../shared/errors.js";
import { daemonEnvironment } from "./daemon-environment.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Our bound for what a starting daemon may print before its readiness line. */
const MAX_READY_BYTES = 64 * 1024;

/**
 * The file of another of agentd's programs: all of them lie in one directory.
 * @throws AgentdError `daemon_unavailable` when it is not there.
 */
export function programPath(file: "agentd.cjs" | "daemon.cjs" | "runtime.cjs" | "tui.cjs"): string {
  const path = join(import.meta.dirname, file);
  if (existsSync(path)) return path;
  throw new AgentdError(
    "daemon_unavailable",
    `${path} is missing · this installation of agentd is incomplete`,
  );
}

/** Where the daemon keeps its files, as it chooses that itself. */
export function stateDirectory(env: Environment): string {
  const state = env["AGENTD_STATE_DIR"];
  if (state) return state;
  const xdg = env["XDG_STATE_HOME"];
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(env["HOME"] || homedir(), ".local", "state");
  return join(base, "agentd");
}

/** Where the daemon writes its log: for messages about a daemon that did not start. */
export function daemonLogPath(env: Environment): string {
  return join(stateDirectory(env), "daemon.log");
}

/**
 * Starts a daemon and resolves when one is ready, be it this one or another that won the race.
 * @param limitMs one that has to wait for its lock or a slow disk may take seconds
 * @throws AgentdError the daemon's own reason when it gave one, else `daemon_unavailable` with the log's path.
 */
export async function launchDaemon(env: Environment, limitMs: number): Promise<void> {
  const child = spawnDaemon(programPath("daemon.cjs"), daemonEnvironment(env));
  const log = daemonLogPath(env);
  try {
    const line = await firstLine(child, limitMs);
    const report = parseReport(line);
    if (report?.error !== undefined) throw report.error;
    if (report === undefined) {
      const status = child.exitCode === null ? "" : ` (exit status ${child.exitCode})`;
      throw new AgentdError("daemon_unavailable", `agentd did not start${status} · see ${log}`);
    }
  } catch (error) {
    if (!(error instanceof AgentdError) || error.code !== "timeout") throw error;
    const text = `agentd was not ready within ${limitMs / 1000}s · see ${log}`;
    throw new AgentdError("daemon_unavailable", text);
  } finally {
    // The daemon lives on; nothing of it may keep this process alive.
    child.stdout?.destroy();
    child.unref();
  }
}

/*
 * A session of its own, so that a closed terminal does not end it; `/` as its directory, so that nothing stays busy; no
 * core dump, which would hold credentials; and no descriptor of whoever called us: shells leave theirs open, and POSIX
 * sh can name 3..9.
 */
const LAUNCHER = 'ulimit -c 0; umask 077; exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec "$@"';

/** Most of what a daemon allocates lives for one turn: with V8's default of 16 MB it would keep three times that resident. */
const NODE_FLAGS = ["--max-semi-space-size=2", "--expose-gc"];

function spawnDaemon(path: string, env: Record<string, string>): ChildProcess {
  return spawn("/bin/sh", ["-c", LAUNCHER, "agentd", process.execPath, ...NODE_FLAGS, path, "run"], {
    detached: true,
    cwd: "/",
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
}

/** The first line on the child's stdout, or what there is at its end. @throws AgentdError `timeout`, `daemon_unavailable`. */
function firstLine(child: ChildProcess, limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const limit = setTimeout(() => reject(new AgentdError("timeout", "not ready")), limitMs);
    const settle = (action: () => void) => {
      clearTimeout(limit);
      action();
    };
    child.once("error", (error) => {
      const failure = new AgentdError("daemon_unavailable", `agentd cannot be started: ${error.message}`);
      settle(() => reject(failure));
    });
    // "close": the process is gone and all it printed was read.
    child.once("close", () => settle(() => resolve(text)));
    child.stdout?.setEncoding("utf8");
    child.stdout?.on("data", (chunk: string) => {
      text += chunk;
      const end = text.indexOf("\n");
      if (end !== -1 || text.length > MAX_READY_BYTES) settle(() => resolve(text.slice(0, end)));
    });
  });
}

/** `{"socket",...}` (ready), `{"running":pid}` (another was first) or `{"error":{code,message}}`; undefined: none of them. */
export function parseReport(line: string): { readonly error?: AgentdError } | undefined {
  let value: { socket?: unknown; running?: unknown; error?: { code?: unknown; message?: unknown } } | null;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value?.error?.message === "string") {
    const code = isErrorCode(value.error.code) ? value.error.code : "daemon_unavailable";
    return { error: new AgentdError(code, value.error.message) };
  }
  return value?.socket !== undefined || value?.running !== undefined ? {} : undefined;
}
