// The way to the daemon: check the directory, connect, start the daemon when there is none, greet it.
import { AgentdError } from "../../shared/errors.js";
import type { ConnectOptions } from "../cli/context.js";
import { DaemonConnection } from "./daemon-connection.js";
import { notRunning } from "./not-running.js";
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

/** A connection that has been greeted, and what was asked with the greeting. */
export interface Asked<T> {
  readonly connection: DaemonConnection;
  readonly answer: Promise<T>;
}

/**
 * A connection that has been greeted.
 * @throws AgentdError `daemon_unavailable`, `unsafe_directory`, `path_too_long`, `protocol_mismatch`.
 */
export async function reachDaemon(env: Environment, options: ReachOptions): Promise<DaemonConnection> {
  return (await askDaemon(env, options, async () => {})).connection;
}

/**
 * The same, with a call that travels with the greeting, which saves a way there and back. It is made again when the
 * daemon went away before it had greeted, so only what does no harm twice may be asked like this.
 * @throws AgentdError as `reachDaemon`; what became of the call says `answer`.
 */
export async function askDaemon<T>(
  env: Environment,
  options: ReachOptions,
  first: (connection: DaemonConnection) => Promise<T>,
): Promise<Asked<T>> {
  for (let attempt = 1; ; attempt++) {
    const connection = await openConnection(env, options);
    const [greeted, answer] = connection.inOnePiece(() => [connection.greet(), first(connection)] as const);
    // Without a greeting nobody asks for it.
    answer.catch(() => {});
    try {
      await greeted;
      return { connection, answer };
    } catch (thrown) {
      const error = AgentdError.from(thrown);
      if (options.anyVersion === true && error.code === "protocol_mismatch") return { connection, answer };
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
  let connection = await tryOpen(path);
  if (connection !== undefined) return connection;
  const deadline = performance.now() + limitMs;
  if (!start) throw notRunning();
  const { launchDaemon } = await import("./daemon-launch.js");
  await launchDaemon(env, limitMs);
  connection = await tryOpen(path);
  // The winner of a start race reports its process before its socket: there is nothing to wait on but the socket.
  while (connection === undefined) {
    if (performance.now() > deadline) {
      throw new AgentdError(
        "daemon_unavailable",
        `agentd started, but nothing listens on ${path} · agentd doctor`,
      );
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
    throw new AgentdError("daemon_unavailable", `cannot reach agentd at ${path}: ${reason} · agentd doctor`, {
      cause: error,
    });
  }
}
