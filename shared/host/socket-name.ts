// How a Unix socket gets its name: it appears complete and private, or not at all.
import { randomBytes } from "node:crypto";
import { type BigIntStats, linkSync, lstatSync, readdirSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { basename, dirname, join } from "node:path";
import { AgentdError } from "../errors.js";
import { printable } from "../names.js";

/**
 * Whose it is: their temporary names differ, because a daemon removes what daemons left behind and must not take the
 * name from a runtime that is just starting. As long as `local.sock`, so that what is short enough for one is for both.
 */
export type SocketOwner = "daemon" | "runtime";
const PREFIX: Readonly<Record<SocketOwner, string>> = { daemon: "s", runtime: "r" };
const PROBE_TIMEOUT_MS = 2000;

/** `live`: another process listens there. */
export type NameState = "free" | "live";

/**
 * Binds `server` to a new name next to `path`, with mode 0600 from the first moment, and checks what came of it.
 * Call it on the main thread only: the file mode comes from the process's umask, and binding is synchronous.
 * @returns the temporary path; resolves when the server listens.
 */
export async function bindPrivately(server: Server, path: string, owner: SocketOwner): Promise<string> {
  const temporary = join(dirname(path), `${PREFIX[owner]}.${randomBytes(4).toString("hex")}`);
  const listening = new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
  });
  const umask = process.umask(0o177);
  try {
    server.listen(temporary);
  } finally {
    process.umask(umask);
  }
  await listening;
  const status = lstatSync(temporary, { bigint: true });
  if (!status.isSocket() || status.uid !== ownUid() || (status.mode & 0o777n) !== 0o600n) {
    throw new AgentdError(
      "unsafe_directory",
      `'${temporary}' did not become a private socket · choose another directory`,
    );
  }
  return temporary;
}

/**
 * Gives a listening socket its final name and takes the temporary one away.
 * @returns the inode of the socket, or undefined when somebody made `path` in the meantime; the temporary name then stays
 * for another try, and goes when the server is closed.
 */
export function publish(temporary: string, path: string): bigint | undefined {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw error;
  }
  const { ino } = lstatSync(temporary, { bigint: true });
  unlinkSync(temporary);
  return ino;
}

/**
 * Makes sure that `path` can be taken: a socket on which nobody listens is removed, anything else is left alone.
 * Whoever holds no lock may lose a race for the name: then `publish` says so, or the other's socket is found living.
 * @throws AgentdError `unsafe_directory` for something that is no socket of ours, `daemon_unavailable` when it cannot be told.
 */
export async function freeName(path: string): Promise<NameState> {
  const status = statusOf(path);
  if (status === undefined) return "free";
  if (!status.isSocket() || status.uid !== ownUid()) {
    const kind = status.isSymbolicLink()
      ? "a symbolic link"
      : status.isSocket()
        ? "another user's"
        : "not a socket";
    throw new AgentdError(
      "unsafe_directory",
      `'${printable(path)}' is ${kind} · look at it, then move it away`,
      {
        details: { path },
      },
    );
  }
  const answer = await probe(path);
  if (answer === "live") return "live";
  if (answer !== "ECONNREFUSED" && answer !== "ENOENT") {
    throw new AgentdError(
      "daemon_unavailable",
      `cannot tell whether a daemon listens at '${printable(path)}' (${answer})`,
    );
  }
  if (statusOf(path)?.ino === status.ino) unlinkSync(path);
  return "free";
}

/** Whether somebody accepts connections at `path`. */
export async function isListening(path: string): Promise<boolean> {
  return (await probe(path)) === "live";
}

/** Removes what was left behind by those who were killed between binding and publishing; nobody may be doing that now. */
export function removeLeftovers(path: string, owner: SocketOwner): void {
  const temporary = new RegExp(`^${PREFIX[owner]}\\.[0-9a-f]{8}$`);
  for (const name of readdirSync(dirname(path))) {
    const leftover = join(dirname(path), name);
    if (temporary.test(name) && statusOf(leftover)?.isSocket()) unlinkSync(leftover);
  }
}

/** Removes `path` when it is still the socket with this inode. */
export function withdraw(path: string, inode: bigint): void {
  try {
    if (statusOf(path)?.ino === inode) unlinkSync(path);
  } catch (error) {
    throw new AgentdError("daemon_unavailable", `cannot remove ${basename(path)}`, { cause: error });
  }
}

/** The file at `path` itself, not what it points to; undefined when there is none. */
export function statusOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** `live`, or the code of the error with which connecting failed. */
function probe(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const finish = (answer: string) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => finish("ETIMEDOUT"));
    socket.once("connect", () => finish("live"));
    socket.once("error", (error: NodeJS.ErrnoException) => finish(error.code ?? "unknown error"));
  });
}

function ownUid(): bigint {
  return BigInt(process.geteuid?.() ?? 0);
}
