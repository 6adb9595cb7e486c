// Where the daemon's socket is, once the way there can be trusted: the daemon's own rule, without making anything.
import { homedir, hostname } from "node:os";
import { chooseRuntimeDirectory, DAEMON_SOCKET, socketPath } from "../shared/host/runtime-directory.js";
import { checkSafeDirectory } from "../shared/host/safe-directory.js";

/**
 * The path of the daemon's socket, after the checks. The directory may be missing still: the daemon makes it.
 * @throws AgentdError `unsafe_directory` (with the command that mends it), `path_too_long` (with both lengths).
 */
export function findSocketPath(env: Readonly<Record<string, string | undefined>>): string {
  const { path } = chooseRuntimeDirectory({ env, home: env["HOME"] || homedir(), hostname: hostname() });
  checkSafeDirectory(path);
  return socketPath(path, DAEMON_SOCKET);
}
