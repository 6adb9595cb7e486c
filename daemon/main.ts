// The daemon's program: `daemon run [--foreground]`.
import "./ignore-inspector-signal.js";
import { realpathSync, statSync, writeSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { isatty } from "node:tty";
import { LOG_LEVELS, type LogLevel, type ProgramFile } from "../shared/daemon-care.js";
import { AgentdError, ExitStatus } from "../shared/errors.js";
import {
  DAEMON_SOCKET,
  type PathInputs,
  RUNTIME_SOCKET,
  socketPath,
} from "../shared/host/runtime-directory.js";
import { readConfig } from "./config/config.js";
import { LiveConfig } from "./config/live-config.js";
import { reportConfig } from "./config/report.js";
import { Daemon, type OwnedShells } from "./daemon.js";
import { secureEnvironment, settleProcess } from "./environment.js";
import { type Log, openLog } from "./log.js";
import { configPath, openRuntimeDirectory, openStateDirectory } from "./paths.js";
import { Scrubber } from "./scrubber.js";
import { claimInstance } from "./server/claim-instance.js";
import type { StopRequest } from "./server/methods.js";
import { RuntimePlace } from "./server/runtime-place.js";
import { activatedFd, checkActivatedSocket } from "./server/socket-activation.js";
import { systemDisk } from "./shell/state/disk.js";
import { openShells } from "./shells.js";
import { systemClock } from "./upstream/clock.js";

/** How long another daemon may take to become ready, or to end. */
const CLAIM_LIMIT_MS = 8000;
/** Longer than a daemon takes to notice that its runtime directory was removed and that we are in the new one. */
const STATE_CLAIM_LIMIT_MS = 6500;
/** What is left to save after a fault must be quick: nothing can be trusted any more. */
const LAST_SAVE_MS = 1000;

type Env = Record<string, string | undefined>;

async function run(foreground: boolean, env: Env): Promise<void> {
  const fd = activatedFd(env, process.pid);
  settleProcess();
  secureEnvironment(env);

  const inputs: PathInputs = { env, home: env["HOME"] || homedir(), hostname: hostname() };
  const stateDirectory = openStateDirectory(inputs);
  const scrubber = new Scrubber();
  const level = { current: LOG_LEVELS.find((known) => known === env["AGENTD_LOG_LEVEL"]) ?? "info" };
  const log = openDaemonLog(stateDirectory, scrubber, foreground, level);
  const runtime = openRuntimeDirectory(inputs);
  for (const warning of runtime.warnings)
    log.warn({ reason: warning, chosen: runtime.path }, "runtime directory");
  const config = new LiveConfig(configPath(inputs), log);
  const socket = socketPath(runtime.path, DAEMON_SOCKET);
  const activated = fd !== undefined;
  if (activated) checkActivatedSocket(fd, socket);

  const claim = await claimInstance({
    directory: runtime.path,
    socketPath: socket,
    limitMs: CLAIM_LIMIT_MS,
    activated,
    // The service manager has taken the name: nobody can reach the owner any more. It ends as for a restart, and its shells live.
    ...(activated ? { dismiss: endOther } : {}),
    stuck: (pid) => `agentd (pid ${pid}) runs but does not listen · look at its log, or end it: kill ${pid}`,
  });
  if (claim.kind === "taken") return report({ running: claim.pid });
  // Two daemons with different runtime directories but the same state would fight for the same shells.
  const stateClaim = await claimInstance({
    directory: stateDirectory,
    socketPath: socket,
    limitMs: STATE_CLAIM_LIMIT_MS,
    activated,
    stuck: (pid) =>
      `agentd (pid ${pid}) uses '${stateDirectory}' with another AGENTD_RUNTIME_DIR or XDG_RUNTIME_DIR · set it as it was there, or end that one: kill ${pid}`,
  });
  if (stateClaim.kind === "taken") return report({ running: stateClaim.pid });
  const place = new RuntimePlace({
    directory: runtime.path,
    lock: claim.lock,
    open: () => openRuntimeDirectory(inputs).path,
    giveUp: () => stop({ localShells: false, restart: false }),
  });

  const shells = await openShells({
    stateDirectory,
    runtimeSocketPath: socketPath(runtime.path, RUNTIME_SOCKET),
    config,
    log,
    scrubber,
    env,
  });
  const stop = stopOnce(async (request) => {
    await daemon.stop(request);
    stateClaim.lock.release();
    place.release();
    log.info({}, "daemon stopped");
  });
  handleFaults(shells, log);
  const daemon = await Daemon.start({
    socketPath: socket,
    config,
    log,
    shells,
    web: {
      stateDirectory,
      assetsDirectory: join(import.meta.dirname, "web"),
      disk: systemDisk,
      home: loginHome(env, inputs.home),
    },
    relocate: () => socketPath(place.find(), DAEMON_SOCKET),
    setLogLevel: (next) => {
      const before = level.current;
      level.current = next;
      return before;
    },
    program: programFile(),
    checkRestart: () => void readConfig(configPath(inputs)),
    onStopRequest: stop,
    ...(fd === undefined ? {} : { activatedFd: fd }),
  });
  const end = () => stop({ localShells: false, restart: false });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, end);
  // With a terminal it says that this one was closed; without, it is how administrators ask for the config to be read.
  process.on("SIGHUP", foreground || isatty(0) ? end : () => void config.reload());
  config.follow(systemClock);
  log.info({ pid: process.pid, socket: daemon.socketPath }, "daemon ready");
  report({ socket: daemon.socketPath, pid: process.pid });
}

function programFile(): ProgramFile {
  const path = realpathSync(process.argv[1] ?? "");
  return { path, modified: Math.floor(statSync(path).mtimeMs) };
}

function openDaemonLog(
  directory: string,
  scrubber: Scrubber,
  foreground: boolean,
  level: { current: LogLevel },
): Log {
  return openLog({
    path: join(directory, "daemon.log"),
    scrubber,
    level,
    ...(foreground ? { mirror: (line: string) => process.stderr.write(line) } : {}),
  });
}

/** Where a shell begins that nobody's terminal has asked for: as after a login. */
function loginHome(env: Env, home: string): { cwd: string; env: Record<string, string> } {
  const names = ["PATH", "SHELL", "LANG", "USER", "LOGNAME", "TZ"];
  const known = names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { cwd: home, env: { HOME: home, ...Object.fromEntries(known) } };
}

/** The lock has just said that it runs; by now it may have ended. */
function endOther(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // Then the lock is free.
  }
}

/** The first request begins the end; a second one, or a failure on the way, ends the process at once. */
function stopOnce(stop: (request: StopRequest) => Promise<void>): (request: StopRequest) => void {
  let stopping = false;
  return (request) => {
    if (stopping) process.exit(ExitStatus.Ok);
    stopping = true;
    stop(request).then(
      () => process.exit(ExitStatus.Ok),
      () => process.exit(ExitStatus.Internal),
    );
  };
}

/** After an unexpected exception the state is unknown: save what can be saved, and let the next daemon begin from disk. */
function handleFaults(shells: OwnedShells, log: Log): void {
  process.once("uncaughtException", (error) => {
    process.on("uncaughtException", () => process.exit(ExitStatus.Internal));
    log.fatal({ err: error }, "uncaught exception");
    setTimeout(() => process.exit(ExitStatus.Internal), LAST_SAVE_MS);
    shells.stop("restarting").finally(() => process.exit(ExitStatus.Internal));
  });
}

/** One line for whoever started us; nothing is written to stdout before or after it. */
function report(line: object): void {
  try {
    writeSync(1, `${JSON.stringify(line)}\n`);
  } catch {
    // Closed, or nobody reads: then nobody waits either.
  }
}

const [command, ...flags] = process.argv.slice(2);
if (command === "check-config") {
  report(
    reportConfig(
      flags[0] ?? configPath({ env: process.env, home: process.env["HOME"] || homedir(), hostname: "" }),
    ),
  );
  process.exit(ExitStatus.Ok);
}
if (command !== "run" || flags.some((flag) => flag !== "--foreground")) {
  process.stderr.write("usage: daemon run [--foreground]\n");
  process.exit(ExitStatus.Usage);
}
run(flags.includes("--foreground"), process.env).catch((thrown: unknown) => {
  const error = AgentdError.from(thrown);
  report({ error: { code: error.code, message: error.message } });
  // The launcher shows the message; who started us by hand also needs what is behind an unexpected one.
  if (error.code === "internal" && error.cause instanceof Error)
    process.stderr.write(`${error.cause.stack}\n`);
  process.stderr.write(`agentd: ${error.message}\n`);
  process.exit(error.exitStatus);
});
