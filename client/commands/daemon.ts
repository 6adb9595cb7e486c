// `agentd daemon run|start|stop|restart|status`: care for the daemon.
import { existsSync, readFileSync } from "node:fs";
import { LOG_LEVELS } from "../../shared/daemon-care.js";
import { AgentdError, ExitStatus } from "../../shared/errors.js";
import { printable, suggestName } from "../../shared/names.js";
import type { DaemonStatus } from "../../shared/rpc.js";
import type { Command } from "../cli/command.js";
import type { CommandLine } from "../cli/command-line.js";
import type { Context } from "../cli/context.js";
import { isNotRunning } from "../daemon/not-running.js";
import { localShellsMayLive } from "../daemon/socket-path.js";
import { formatBytes, formatDuration, formatTable, jsonText, unsavedLine } from "../text/format.js";
import { problemLines } from "../text/problem-lines.js";

/** Stopping saves state and ends local shells when asked to: SIGKILL comes after 5 s. */
const STOP_LIMIT_MS = 15_000;
const POLL_MS = 25;

type Action = (line: CommandLine, context: Context) => Promise<number>;

const actions: Readonly<Record<string, Action>> = {
  run,
  start,
  stop,
  restart,
  status,
  reload,
  "log-level": logLevel,
};

/** A flag that would be ignored is a mistake. */
const ONLY_WITH: Readonly<Record<string, string>> = { "local-shells": "stop", foreground: "run" };

export const daemon: Command = {
  name: "daemon",
  usage: "run|start|stop|restart|status|reload|log-level [LEVEL] [--json] [--local-shells]",
  summary: "care for the background process that holds the shells",
  flags: {
    json: { type: "boolean", help: "as JSON" },
    "local-shells": { type: "boolean", help: "stop: end the local shells too (otherwise they live on)" },
    foreground: { type: "boolean", help: "run: log to this terminal" },
  },
  async run(line, context) {
    const [word] = line.words;
    const extra = line.words[word === "log-level" ? 2 : 1];
    const action = word !== undefined && Object.hasOwn(actions, word) ? actions[word] : undefined;
    const stray = Object.keys(ONLY_WITH).find((flag) => line.has(flag) && ONLY_WITH[flag] !== word);
    if (action !== undefined && stray !== undefined)
      throw new AgentdError("usage", `--${stray} goes with daemon ${ONLY_WITH[stray]}`);
    if (action !== undefined && extra === undefined) return action(line, context);
    const known = Object.keys(actions);
    const near = word === undefined || action !== undefined ? undefined : suggestName(word, known);
    throw new AgentdError(
      "usage",
      near === undefined
        ? `write agentd daemon ${known.join("|")}`
        : `unknown daemon command '${printable(word ?? "")}' · did you mean '${near}'?`,
    );
  },
};

async function run(line: CommandLine): Promise<number> {
  const { runProgram } = await import("../daemon/run-program.js");
  return runProgram("daemon.cjs", ["run", ...(line.has("foreground") ? ["--foreground"] : [])]);
}

async function start(line: CommandLine, context: Context): Promise<number> {
  const connection = await context.connect();
  if (line.has("json")) context.print(jsonText({ v: 1, pid: connection.hello.pid }));
  else context.say(`agentd runs · pid ${connection.hello.pid}`);
  connection.close();
  return 0;
}

async function stop(line: CommandLine, context: Context): Promise<number> {
  const pid = await stopDaemon(context, { localShells: line.has("local-shells") });
  if (line.has("json")) context.print(jsonText({ v: 1, ...(pid === undefined ? {} : { pid }) }));
  else if (pid === undefined) context.say("agentd is not running");
  else context.say(line.has("local-shells") ? "agentd stopped" : "agentd stopped · its shells live on");
  return 0;
}

async function restart(_line: CommandLine, context: Context): Promise<number> {
  await stopDaemon(context, { restart: true });
  return start(_line, context);
}

/** Answers with the pid of the daemon that has ended, or undefined when there was none. */
async function stopDaemon(
  context: Context,
  params: { readonly localShells?: boolean; readonly restart?: boolean },
): Promise<number | undefined> {
  // Only a daemon can end the local shells, which outlive every daemon.
  const start = params.localShells === true && localShellsMayLive(context.env);
  const connection = await context.connect({ start, anyVersion: true }).catch((error: unknown) => {
    if (isNotRunning(error)) return undefined;
    throw error;
  });
  if (connection === undefined) return undefined;
  const { pid } = await connection.call("daemon.status", {});
  const given = Object.fromEntries(Object.entries(params).filter(([, value]) => value === true));
  try {
    await connection.call("daemon.stop", given, STOP_LIMIT_MS);
  } catch (error) {
    // A daemon that ends before its answer has left did what it was asked for.
    if (!(error instanceof AgentdError) || error.code !== "daemon_unavailable") throw error;
  }
  connection.close();
  const deadline = performance.now() + STOP_LIMIT_MS;
  while (isAlive(pid)) {
    if (performance.now() > deadline) {
      throw new AgentdError(
        "timeout",
        `agentd (pid ${pid}) has not stopped within ${STOP_LIMIT_MS / 1000}s · agentd doctor`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return pid;
}

async function status(line: CommandLine, context: Context): Promise<number> {
  const connection = await context.connect({ start: false, anyVersion: true });
  const answer = await connection.call("daemon.status", {});
  connection.close();
  context.print(line.has("json") ? jsonText(answer) : statusText(answer));
  const warning = unsavedLine(answer);
  if (warning !== undefined && !line.has("json")) context.complain(warning);
  const { path = "", problems = [] } = answer.config ?? {};
  if (!line.has("json")) {
    for (const problem of problemLines(path, problems)) context.complain(problem);
    if (problems.length > 0) context.complain("the config from before is in use");
  }
  return 0;
}

/** Reads the config file now. Exit status 78 when it is broken: the daemon then keeps the config from before. */
async function reload(line: CommandLine, context: Context): Promise<number> {
  const connection = await context.connect({ start: false });
  const { config } = await connection.call("daemon.reload", {});
  connection.close();
  if (line.has("json")) context.print(jsonText({ v: 1, ...config }));
  else if (config.problems.length === 0)
    context.say(
      existsSync(config.path)
        ? `${printable(config.path)} is in use`
        : `no ${printable(config.path)}: the defaults count`,
    );
  else for (const problem of problemLines(config.path, config.problems)) context.complain(problem);
  return config.problems.length === 0 ? ExitStatus.Ok : ExitStatus.Config;
}

async function logLevel(line: CommandLine, context: Context): Promise<number> {
  const wanted = line.words[1];
  const level = LOG_LEVELS.find((known) => known === wanted);
  if (level === undefined)
    throw new AgentdError("usage", `write agentd daemon log-level ${LOG_LEVELS.join("|")}`);
  const connection = await context.connect({ start: false });
  const { before } = await connection.call("daemon.logLevel", { level });
  connection.close();
  if (line.has("json")) context.print(JSON.stringify({ v: 1, level, before }));
  else context.say(`the daemon logs ${level} and above · before: ${before} · agentd logs -f`);
  return ExitStatus.Ok;
}

function statusText(status: DaemonStatus): string {
  return formatTable([
    ["pid", String(status.pid)],
    ["version", status.version],
    ["up", formatDuration(Date.now() - Date.parse(status.startedAt))],
    ["socket", `${status.socket}${status.socketActivated ? " (socket-activated)" : ""}`],
    ...(status.config === undefined ? [] : [["config", status.config.path]]),
    ["shells", String(status.shells)],
    ["clients", String(status.clients)],
    ["memory", formatBytes(status.memory)],
    ["stalls", String(status.stalls ?? 0)],
    ...(status.web === undefined ? [] : [["web", webText(status.web)] as const]),
  ]);
}

function webText({ url, links, sockets }: NonNullable<DaemonStatus["web"]>): string {
  return `${url === undefined ? "waits for its port" : printable(url)} · ${links} ${links === 1 ? "link" : "links"} · ${sockets} open`;
}

/** A process that has ended and waits for its parent (a zombie) is not alive, whatever `kill` says. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  try {
    // The name in parentheses may hold anything; the state follows the last of them (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat[stat.lastIndexOf(")") + 2] !== "Z";
  } catch (error) {
    // Ended just now; on systems without /proc the signal's answer counts.
    return (error as NodeJS.ErrnoException).code !== "ESRCH" && !existsSync("/proc/self/stat");
  }
}
