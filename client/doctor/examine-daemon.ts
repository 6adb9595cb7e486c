// The daemon and the local runtime: there, awake, of this version and build, and without complaints of their own.

import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { request } from "node:http";
import { dirname, join } from "node:path";
import type { Finding } from "../../shared/daemon-care.js";
import { AgentdError, ExitStatus } from "../../shared/errors.js";
import { DAEMON_SOCKET, RUNTIME_SOCKET } from "../../shared/host/runtime-directory.js";
import { VERSION } from "../../shared/host/version.js";
import { printable } from "../../shared/names.js";
import type { DaemonStatus } from "../../shared/rpc.js";
import { quoteWord } from "../../shared/shell-quote.js";
import { DaemonConnection } from "../daemon/daemon-connection.js";
import { daemonLogPath, programPath } from "../daemon/daemon-launch.js";
import { unsavedLine } from "../text/format.js";
import { fault, info, type Patient, warning } from "./findings.js";

/** A daemon that lives answers in milliseconds; a busy machine may need more. */
const ANSWER_LIMIT_MS = 1_500;
/** A machine that slept counts as one stall; so many are felt by people. */
const MANY_STALLS = 20;

export interface DaemonState {
  readonly findings: readonly Finding[];
  /** Absent when no daemon answers. */
  readonly status?: DaemonStatus;
  /** Absent when the daemon speaks another protocol. */
  readonly connection?: DaemonConnection;
}

export async function examineDaemon(patient: Patient, directory: string): Promise<DaemonState> {
  const path = join(directory, DAEMON_SOCKET);
  let connection: DaemonConnection;
  try {
    connection = await DaemonConnection.open(path);
  } catch (error) {
    return {
      findings: nobodyListens(patient, directory, (error as NodeJS.ErrnoException).code ?? "unknown error"),
    };
  }
  // Together: one that says nothing is waited for once.
  const [greeting, asked] = connection.inOnePiece(
    () =>
      [
        connection.greet().then(
          () => undefined,
          (error: unknown) => AgentdError.from(error),
        ),
        connection.call("daemon.status", {}, ANSWER_LIMIT_MS),
      ] as const,
  );
  let status: DaemonStatus;
  try {
    status = await asked;
  } catch {
    connection.close();
    return { findings: [silent("daemon", ownerOf(directory))] };
  }
  const findings = [...aboutProgram(status), ...aboutItself(status)];
  if ((await greeting) === undefined) return { findings, status, connection };
  connection.close();
  return { findings, status };
}

function nobodyListens(patient: Patient, directory: string, code: string): Finding[] {
  const owner = ownerOf(directory);
  if (owner !== undefined)
    return [
      fault(
        "daemon-deaf",
        69,
        `agentd (pid ${owner}) runs, and nobody can reach it (${code})`,
        `kill ${owner}`,
      ),
    ];
  if (code === "ECONNREFUSED")
    return [
      warning(
        "socket-stale",
        `a daemon has died and left its socket in ${directory}; the next one takes its place`,
        "agentd daemon start",
      ),
    ];
  if (code !== "ENOENT" && code !== "ENOTDIR")
    return [
      fault(
        "socket-closed",
        77,
        `the daemon's socket in ${directory} cannot be opened (${code})`,
        `ls -l ${quoteWord(directory)}`,
      ),
    ];
  const shells = savedShells(patient);
  if (shells === 0) return [];
  return [
    info("daemon-not-running", `no daemon runs, and ${shells} shells are waiting for one`, "agentd ls"),
  ];
}

const SILENT = {
  daemon: {
    name: "the daemon",
    stopped: "daemon-stopped",
    silent: "daemon-silent",
    next: "agentd ls    # the next one finds every shell",
  },
  runtime: {
    name: "the local runtime",
    stopped: "runtime-stopped",
    silent: "runtime-silent",
    next: "agentd logs --runtime",
  },
} as const;

function silent(what: keyof typeof SILENT, pid: number | undefined): Finding {
  const { name, stopped, silent: id, next } = SILENT[what];
  if (pid === undefined) return fault(id, ExitStatus.Unavailable, `${name} does not answer`, next);
  const who = `${name} (pid ${pid})`;
  if (stateOf(pid) === "T")
    return fault(
      stopped,
      ExitStatus.Unavailable,
      `${who} was stopped, and answers nobody`,
      `kill -CONT ${pid}`,
    );
  // Killing the runtime would end every local shell: only a person can decide that.
  const fix = what === "daemon" ? `kill -9 ${pid}; ${next}` : next;
  return fault(id, ExitStatus.Unavailable, `${who} does not answer`, fix);
}

function aboutProgram(status: DaemonStatus): Finding[] {
  const restart = "agentd daemon restart    # shells stay";
  if (status.version !== VERSION)
    return [
      warning(
        "daemon-version",
        `the daemon is agentd ${printable(status.version)}, this is ${VERSION}`,
        restart,
      ),
    ];
  const { path, modified } = status.program ?? {};
  if (path === undefined) return [];
  const own = realpathSync(programPath("daemon.cjs"));
  const now = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (own !== path)
    return [warning("daemon-build", `the daemon runs from ${printable(path)}, this is ${own}`, restart)];
  if (Math.floor(now ?? 0) !== modified)
    return [warning("daemon-build", "agentd was built or installed again since the daemon started", restart)];
  return [];
}

function aboutItself(status: DaemonStatus): Finding[] {
  const findings: Finding[] = [];
  const unsaved = unsavedLine(status);
  if (unsaved !== undefined)
    findings.push(
      fault("state-unsaved", 75, unsaved, "make room or mend its permissions: it is then saved within 10 s"),
    );
  if (status.stalls >= MANY_STALLS)
    findings.push(
      warning(
        "daemon-stalls",
        `the daemon stood still ${status.stalls} times: the machine is overloaded, or it slept`,
        "agentd logs --level warn",
      ),
    );
  const failure = status.config?.watchFailure;
  if (failure !== undefined)
    findings.push(
      warning(
        "config-unwatched",
        `changes of the config file are not noticed (${failure})`,
        failure === "ENOSPC" || failure === "EMFILE"
          ? "sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512; agentd daemon reload"
          : "agentd daemon reload    # after each change",
      ),
    );
  return findings;
}

/** Whether the local runtime, when there is one, answers. */
export async function examineRuntime(directory: string): Promise<Finding[]> {
  const path = join(directory, RUNTIME_SOCKET);
  const answer = await new Promise<string>((resolve) => {
    const asked = request(
      { socketPath: path, path: "/agentd/shells", timeout: ANSWER_LIMIT_MS },
      (response) => {
        response.resume().on("end", () => resolve("ok"));
      },
    );
    asked.on("timeout", () => asked.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
    asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown error"));
    asked.end();
  });
  if (answer === "ETIMEDOUT") return [silent("runtime", servantOf(path))];
  if (answer === "ECONNREFUSED")
    return [
      warning(
        "runtime-died",
        "the local runtime has died, and its shells with it",
        "agentd ls    # says how each of them ended",
      ),
    ];
  return [];
}

/** The local runtime that was told to serve `path`; undefined where there is no /proc. */
function servantOf(path: string): number | undefined {
  const processes = existsSync("/proc") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  const found = processes.find((pid) => {
    const words = commandOf(pid).split("\0");
    return words.includes("serve") && words.includes(path);
  });
  return found === undefined ? undefined : Number(found);
}

/** Its words, each with a final zero; empty for a process that is gone or not ours to see. */
function commandOf(pid: string | number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** The living daemon that holds the directory's lock (daemon/server/instance-lock.ts): the highest number counts. */
function ownerOf(directory: string): number | undefined {
  try {
    const locks = readdirSync(directory).filter((name) => /^lock\.\d{12}$/.test(name));
    const { pid } = JSON.parse(readFileSync(join(directory, locks.sort().at(-1) ?? ""), "utf8")) as {
      pid: number;
    };
    const command = commandOf(pid);
    return command.includes("daemon.cjs") || command.includes("agentd") ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** proc(5): one letter, `T` for stopped. */
function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat[stat.lastIndexOf(")") + 2];
  } catch {
    return undefined;
  }
}

/** How many shells the state file knows. */
export function savedShells({ env }: Patient): number {
  try {
    const text = readFileSync(join(dirname(daemonLogPath(env)), "state.json"), "utf8");
    return (JSON.parse(text.slice(text.indexOf("\n") + 1)) as { shells: unknown[] }).shells.length;
  } catch {
    return 0;
  }
}
