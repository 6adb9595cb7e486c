// Where the daemon's socket is, once the way there can be trusted: the daemon's own rule, without making anything.
import { existsSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { dirname, join } from "node:path";
import {
  chooseRuntimeDirectory,
  DAEMON_SOCKET,
  RUNTIME_SOCKET,
  socketPath,
} from "../../shared/host/runtime-directory.js";
import { checkSafeDirectory } from "../../shared/host/safe-directory.js";

/**
 * The path of the daemon's socket, after the checks. The directory may be missing still: the daemon makes it.
 * @throws AgentdError `unsafe_directory` (with the command that mends it), `path_too_long` (with both lengths).
 */
export function findSocketPath(env: Readonly<Record<string, string | undefined>>): string {
  const { path } = chooseRuntimeDirectory({ env, home: env["HOME"] || homedir(), hostname: hostname() });
  checkSafeDirectory(path);
  return socketPath(path, DAEMON_SOCKET);
}

/** Whether local shells may live on although no daemon runs. @throws AgentdError as `findSocketPath`. */
export function localShellsMayLive(env: Readonly<Record<string, string | undefined>>): boolean {
  return existsSync(join(dirname(findSocketPath(env)), RUNTIME_SOCKET));
}
