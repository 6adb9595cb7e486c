// The way to the daemon: check the directory, connect, start the daemon when there is none, greet it.
import { AgentdError } from "../shared/errors.js";
import type { ConnectOptions } from "./context.js";
import { DaemonConnection } from "./daemon-connection.js";
import { findSocketPath } from "./socket-path.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Pause between two tries to connect while a daemon starts. */
const RETRY_MS = 50;
/** Nobody listens; `ECONNRESET`: who did has just died. */
const NOBODY: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ECONNREFUSED", "ECONNRESET"]);
/** A daemon that closes so many connections in a row does not want us. */
const MAX_ATTEMPTS = 3;

export interface ReachOptions extends ConnectOptions {
  /** How long to try before giving up. */
  readonly limitMs: number;
}

/**
 * A connection that has been greeted.
 * @throws AgentdError `daemon_unavailable`, `unsafe_directory`, `path_too_long`, `protocol_mismatch`.
 */
export async function reachDaemon(env: Environment, options: ReachOptions): Promise<DaemonConnection> {
  for (let attempt = 1; ; attempt++) {
    const connection = await openConnection(env, options);
    try {
      await connection.greet();
      return connection;
    } catch (thrown) {
      const error = AgentdError.from(thrown);
      if (options.anyVersion === true && error.code === "protocol_mismatch") return connection;
      connection.close();
      // A daemon that is just ending still had its name, and took the connection with it: the next one answers.
      if (error.details?.["closed"] !== true || attempt === MAX_ATTEMPTS) throw error;
      await pause();
    }
  }
}

/** A connection to the daemon, which is started when nobody listens. */
async function openConnection(
  env: Environment,
  { start = true, limitMs }: ReachOptions,
): Promise<DaemonConnection> {
  const path = findSocketPath(env);
  const deadline = performance.now() + limitMs;
  let connection = await tryOpen(path);
  if (connection !== undefined) return connection;
  if (!start) throw new AgentdError("daemon_unavailable", "agentd is not running · agentd daemon start");
  const { launchDaemon } = await import("./daemon-launch.js");
  await launchDaemon(env, limitMs);
  connection = await tryOpen(path);
  // The winner of a start race reports its process before its socket: there is nothing to wait on but the socket.
  while (connection === undefined) {
    if (performance.now() > deadline) {
      throw new AgentdError("daemon_unavailable", `agentd started, but nothing listens on ${path}`);
    }
    await pause();
    connection = await tryOpen(path);
  }
  return connection;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}

/** Undefined when nobody listens there. @throws AgentdError `daemon_unavailable` for every other reason. */
async function tryOpen(path: string): Promise<DaemonConnection | undefined> {
  try {
    return await DaemonConnection.open(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== undefined && NOBODY.has(code)) return undefined;
    const reason = code === "EACCES" ? "it belongs to another user" : (code ?? "unknown error");
    throw new AgentdError("daemon_unavailable", `cannot reach agentd at ${path}: ${reason}`, {
      cause: error,
    });
  }
}
