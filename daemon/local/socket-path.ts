// Listening on a Unix socket that only its owner can open, published under its name once it is ready, and removed if ours.
import { randomBytes } from "node:crypto";
import { linkSync, lstatSync, statSync, unlinkSync } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { AgentdError } from "../../shared/errors.js";
import { MAX_SOCKET_PATH_BYTES } from "../../shared/host/runtime-directory.js";
import { isPrivateDirectory } from "../../shared/host/safe-directory.js";

export interface PublishedSocket {
  /** Removes the name if it still is this socket's. */
  remove(): void;
}

/**
 * Makes `server` listen and publishes it at `path`: bound under another name first, so that nobody ever finds a name
 * that does not answer. Returns undefined when a living server already has the name.
 * @throws AgentdError `path_too_long`, `unsafe_directory`, `daemon_unavailable` (something else is in the way).
 */
export async function publishSocket(server: Server, path: string): Promise<PublishedSocket | undefined> {
  const temporary = join(dirname(path), `.r${randomBytes(4).toString("hex")}`);
  const longest = Math.max(Buffer.byteLength(path), Buffer.byteLength(temporary));
  if (longest > MAX_SOCKET_PATH_BYTES)
    throw new AgentdError(
      "path_too_long",
      `socket path has ${longest} bytes, ${MAX_SOCKET_PATH_BYTES} fit · ${path}`,
    );
  checkOwnDirectory(dirname(path));
  await listenPrivately(server, temporary);
  try {
    checkSocket(temporary);
    for (let attempt = 0; attempt < 10; attempt++) {
      if (tryLink(temporary, path)) return { remove: () => removeIfOurs(path, inodeOf(path)) };
      if (await isAnswered(path)) return undefined;
      if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket())
        throw new AgentdError("daemon_unavailable", `'${path}' is in the way and not a socket`);
      unlinkIfThere(path);
    }
    throw new AgentdError("daemon_unavailable", `'${path}' cannot be published`);
  } finally {
    unlinkIfThere(temporary);
  }
}

/** @throws AgentdError `unsafe_directory`: not a directory of ours that nobody else can enter. */
function checkOwnDirectory(path: string): void {
  if (isPrivateDirectory(path)) return;
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const mode = (stat?.mode ?? 0) & 0o777;
  const found =
    stat === undefined ? "is missing" : `has unsafe permissions (0${mode.toString(8)}, want 0700)`;
  throw new AgentdError("unsafe_directory", `${path} ${found}`);
}

/** bind(2) happens inside `listen`, so the mask is the socket's mode from its first moment. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  if (server.listening) return;
  await new Promise<void>((resolve, reject) => server.once("listening", resolve).once("error", reject));
}

function checkSocket(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSocket() && stat.uid === process.geteuid?.() && (stat.mode & 0o777) === 0o600) return;
  throw new AgentdError("unsafe_directory", `the socket at ${path} is not private to its owner`);
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Whether something accepts connections there; only a refusal proves that nothing does. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT" || error.code === "ENOTSOCK")
        resolve(false);
      else reject(error);
    });
  });
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

function removeIfOurs(path: string, inode: number | undefined): void {
  if (inode !== undefined && inodeOf(path) === inode) unlinkIfThere(path);
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Already gone.
  }
}
