// The way to the daemon: check the directory, connect, start the daemon when there is none, greet it.
import { AgentdError } from "../shared/errors.js";
import type { ConnectOptions } from "./context.js";
import { DaemonConnection } from "./daemon-connection.js";
import { findSocketPath } from "./socket-path.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Pause between two tries to connect while a daemon starts. */
const RETRY_MS = 50;

export interface ReachOptions extends ConnectOptions {
  /** How long to try before giving up. */
  readonly limitMs: number;
}

/**
 * A connection that has been greeted.
 * @throws AgentdError `daemon_unavailable`, `unsafe_directory`, `path_too_long`, `protocol_mismatch`.
 */
export async function reachDaemon(
  env: Environment,
  { start = true, anyVersion = false, limitMs }: ReachOptions,
): Promise<DaemonConnection> {
  const path = findSocketPath(env);
  const deadline = performance.now() + limitMs;
  let connection = await tryOpen(path);
  if (connection === undefined) {
    if (!start) throw new AgentdError("daemon_unavailable", "agentd is not running · agentd daemon start");
    const { launchDaemon } = await import("./daemon-launch.js");
    await launchDaemon(env, limitMs);
    connection = await tryOpen(path);
    // The winner of a start race reports its process before its socket: there is nothing to wait on but the socket.
    while (connection === undefined) {
      if (performance.now() > deadline) {
        throw new AgentdError("daemon_unavailable", `agentd started, but nothing listens on ${path}`);
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      connection = await tryOpen(path);
    }
  }
  try {
    await connection.greet();
  } catch (error) {
    const tolerable = anyVersion && error instanceof AgentdError && error.code === "protocol_mismatch";
    if (!tolerable) {
      connection.close();
      throw error;
    }
  }
  return connection;
}

/** Undefined when nobody listens there. @throws AgentdError `daemon_unavailable` for every other reason. */
async function tryOpen(path: string): Promise<DaemonConnection | undefined> {
  try {
    return await DaemonConnection.open(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTDIR") return undefined;
    const reason = code === "EACCES" ? "it belongs to another user" : (code ?? "unknown error");
    throw new AgentdError("daemon_unavailable", `cannot reach agentd at ${path}: ${reason}`, {
      cause: error,
    });
  }
}
