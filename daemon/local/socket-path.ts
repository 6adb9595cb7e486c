// The local runtime's socket: private, published under its name once it is ready, and removed if it still is ours.
import { lstatSync } from "node:fs";
import type { Server } from "node:http";
import { basename, dirname } from "node:path";
import { AgentdError } from "../../shared/errors.js";
import { socketPath } from "../../shared/host/runtime-directory.js";
import { isPrivateDirectory } from "../../shared/host/safe-directory.js";
import { bindPrivately, freeName, publish, withdraw } from "../../shared/host/socket-name.js";

const MAX_ATTEMPTS = 10;

export interface PublishedSocket {
  /** Removes the name if it still is this socket's. */
  remove(): void;
}

/**
 * Makes `server` listen and publishes it at `path`. Returns undefined when a living server already has the name; several
 * may start at the same time, and no lock says which is first.
 * @throws AgentdError `path_too_long`, `unsafe_directory`, `daemon_unavailable` (something else is in the way).
 */
export async function publishSocket(server: Server, path: string): Promise<PublishedSocket | undefined> {
  socketPath(dirname(path), basename(path));
  checkOwnDirectory(dirname(path));
  const temporary = await bindPrivately(server, path, "runtime");
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if ((await freeName(path)) === "live") {
      server.close();
      return undefined;
    }
    const inode = publish(temporary, path);
    if (inode !== undefined) return { remove: () => withdraw(path, inode) };
  }
  throw new AgentdError("daemon_unavailable", `'${path}' cannot be published`);
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
