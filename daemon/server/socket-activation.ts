// The socket that a service manager has opened for the daemon: found, and checked like one of our own.
import { readFileSync, readlinkSync } from "node:fs";
import { dirname } from "node:path";
import { AgentdError } from "../../shared/errors.js";
import { checkSafeDirectory } from "../../shared/host/safe-directory.js";
import { statusOf } from "../../shared/host/socket-name.js";
import { printable } from "../../shared/names.js";

/** sd_listen_fds(3): the first descriptor that is handed over. */
const FIRST_FD = 3;

/** The descriptor of the socket that the service manager opened for this process, if it did. */
export function activatedFd(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | undefined {
  const meant = env["LISTEN_PID"] === String(pid) && Number(env["LISTEN_FDS"]) >= 1;
  return meant ? FIRST_FD : undefined;
}

/**
 * The inherited socket is the one at `path`, where clients look, and nobody else can open it: what `bindPrivately` promises of ours.
 * It belongs to the service manager, which listens on when we end: its name is never removed.
 * @throws AgentdError `daemon_unavailable`, `unsafe_directory`; with the line of agentd.socket that mends it.
 */
export function checkActivatedSocket(fd: number, path: string): void {
  checkSafeDirectory(dirname(path));
  const bound = boundPath(fd);
  const status = statusOf(path);
  if ((bound !== undefined && bound !== path) || !status?.isSocket()) {
    const place = bound === undefined || bound === path ? "" : ` but at '${printable(bound)}'`;
    throw new AgentdError(
      "daemon_unavailable",
      `the socket that was handed over is not at '${printable(path)}', where clients look,${place} · set ListenStream in agentd.socket`,
    );
  }
  if (status.uid !== BigInt(process.geteuid?.() ?? 0)) {
    throw new AgentdError(
      "unsafe_directory",
      `'${printable(path)}' belongs to uid ${status.uid}, not to you`,
    );
  }
  if ((status.mode & 0o077n) !== 0n) {
    throw new AgentdError(
      "unsafe_directory",
      `'${printable(path)}' is open to others · set SocketMode=0600 in agentd.socket`,
    );
  }
}

/** Where the kernel says that the socket is bound (proc(5), /proc/net/unix); undefined where it does not say. */
function boundPath(fd: number): string | undefined {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
    if (inode === undefined) return undefined;
    const rows = readFileSync("/proc/net/unix", "utf8").split("\n");
    // Num RefCount Protocol Flags Type St Inode Path
    const row = rows.map((line) => line.split(/\s+/)).find((columns) => columns[6] === inode);
    return row?.slice(7).join(" ") || undefined;
  } catch {
    return undefined;
  }
}
