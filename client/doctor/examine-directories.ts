// The directories: safe, on a file system that can hold sockets, writable, with room; and what lies in them.

import { readdirSync, realpathSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import type { Finding } from "../../shared/daemon-care.js";
import { chooseRuntimeDirectory, DAEMON_SOCKET, socketPath } from "../../shared/host/runtime-directory.js";
import { checkSafeDirectory } from "../../shared/host/safe-directory.js";
import { quoteWord } from "../../shared/shell-quote.js";
import { daemonLogPath } from "../daemon/daemon-launch.js";
import { formatBytes } from "../text/format.js";
import { fault, faultOf, info, type Patient, warning } from "./findings.js";

/** statfs(2): file systems of another machine. Sockets on them meet nobody, or the wrong host. */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "SMB"],
  [0xfe534d42, "SMB"],
  [0x517b, "SMB"],
  [0x65735546, "FUSE"],
  [0x01021997, "9p"],
  [0x5346414f, "AFS"],
]);

/** Less room than this is used up by one busy day's log and state. */
const LOW_BYTES = 16 * 1024 * 1024;
/** The log keeps two files of 5 MiB; the local runtime's last words are short. */
const LARGE_LOG_BYTES = 12 * 1024 * 1024;

/** Undefined `directory`: it cannot be told, which is among the findings. */
export interface RuntimeDirectoryState {
  readonly directory: string | undefined;
  readonly findings: readonly Finding[];
}

export function examineRuntimeDirectory({ env, home }: Patient): RuntimeDirectoryState {
  const findings: Finding[] = [];
  let directory: string;
  try {
    const chosen = chooseRuntimeDirectory({ env, home, hostname: hostname() });
    directory = chosen.path;
    // Not set is how it is without a login manager; set and unusable is somebody's mistake.
    for (const reason of chosen.warnings.filter((text) => !text.endsWith("is not set")))
      findings.push(
        warning("xdg-runtime-dir", `${reason}; ${directory} is used instead`, 'chmod 700 "$XDG_RUNTIME_DIR"'),
      );
  } catch (thrown) {
    return { directory: undefined, findings: [faultOf("runtime-dir-name", thrown)] };
  }
  try {
    socketPath(directory, DAEMON_SOCKET);
  } catch (thrown) {
    return { directory: undefined, findings: [...findings, faultOf("socket-path-long", thrown)] };
  }
  try {
    checkSafeDirectory(directory);
  } catch (thrown) {
    return { directory: undefined, findings: [...findings, faultOf("runtime-dir-unsafe", thrown)] };
  }
  return { directory, findings: [...findings, ...examinePlace(directory)] };
}

function examinePlace(directory: string): Finding[] {
  const place = nearest(directory);
  const kind = NETWORK_TYPES.get(statfsSync(place).type);
  const findings: Finding[] = [];
  if (kind !== undefined)
    findings.push(
      warning(
        "runtime-dir-network",
        `${directory} is on a network file system (${kind}): a socket there is of no use to other hosts and may fail`,
        "set AGENTD_RUNTIME_DIR to a directory on this machine, such as /run/user/$(id -u)/agentd",
      ),
    );
  if (/^\/(?:var\/)?tmp\//.test(`${realpathSync(place)}/`) && exists("/run/systemd/system"))
    findings.push(
      info(
        "runtime-dir-cleaned",
        `${directory} is where systemd-tmpfiles removes what is old; agentd makes its socket again when that happens`,
        "unset AGENTD_RUNTIME_DIR, so that XDG_RUNTIME_DIR is used",
      ),
    );
  return findings;
}

export function examineStateDirectory({ env }: Patient): Finding[] {
  const directory = dirname(daemonLogPath(env));
  const findings: Finding[] = [];
  try {
    checkSafeDirectory(directory);
  } catch (thrown) {
    return [faultOf("state-dir-unsafe", thrown)];
  }
  if (!exists(directory)) return [];
  const written = tryToWrite(directory);
  if (written === "ENOSPC" || written === "EDQUOT")
    findings.push(
      fault(
        "disk-full",
        75,
        `there is no room left in ${directory}: shells cannot be saved`,
        `df -h ${quoteWord(directory)}`,
      ),
    );
  else if (written !== undefined)
    findings.push(
      fault(
        "state-unwritable",
        75,
        `${directory} cannot be written (${written})`,
        `ls -ld ${quoteWord(directory)}`,
      ),
    );
  else {
    const { bavail, bsize } = statfsSync(directory);
    if (bavail * bsize < LOW_BYTES)
      findings.push(
        warning(
          "disk-low",
          `only ${formatBytes(bavail * bsize)} are left in ${directory}`,
          `df -h ${quoteWord(directory)}`,
        ),
      );
  }
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (/^state\.json\.corrupt-\d+$/.test(name))
      findings.push(
        warning(
          "state-damaged",
          `a damaged state file was put aside: ${path}; shells that only it knew are not in agentd ls`,
          `rm ${quoteWord(path)}`,
        ),
      );
    if (/\.log(?:\.1)?$/.test(name) && (size(path) ?? 0) > LARGE_LOG_BYTES)
      findings.push(
        warning(
          "log-large",
          `${path} has ${formatBytes(size(path) ?? 0)}`,
          `truncate -s 0 ${quoteWord(path)}`,
        ),
      );
  }
  return findings;
}

/** The code of the error; undefined when a small file could be written. */
function tryToWrite(directory: string): string | undefined {
  const path = join(directory, `.doctor.${process.pid}`);
  try {
    writeFileSync(path, Buffer.alloc(4096), { mode: 0o600, flag: "wx" });
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown error";
  } finally {
    rmSync(path, { force: true });
  }
}

function nearest(path: string): string {
  return exists(path) ? path : nearest(dirname(path));
}

function exists(path: string): boolean {
  return size(path) !== undefined;
}

/** Undefined where there is nothing, or nothing that we may know of. */
function size(path: string): number | undefined {
  try {
    return statSync(path).size;
  } catch {
    return undefined;
  }
}
