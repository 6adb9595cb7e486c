// Where agentd keeps its files: which directories, in which order, and how long a socket's path may be.
import { createHash } from "node:crypto";
import { isAbsolute, join } from "node:path";
import { AgentdError } from "../shared/errors.js";
import { printable } from "../shared/names.js";
import { isPrivateDirectory, openSafeDirectory } from "./safe-directory.js";

/** The name of the daemon's socket in the runtime directory. */
export const DAEMON_SOCKET = "agentd.sock";
/** The name of the local runtime's socket in the runtime directory. */
export const RUNTIME_SOCKET = "local.sock";

/** Portable: `sun_path` has 104 bytes on macOS (108 on Linux), one of them for the final 0. Node 20 cuts longer ones silently. */
export const MAX_SOCKET_PATH_BYTES = 103;

export interface PathInputs {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly hostname: string;
}

export interface RuntimeDirectory {
  readonly path: string;
  /** One line for each candidate that was passed over, with the reason. */
  readonly warnings: readonly string[];
}

/**
 * Makes, checks and returns the directory for sockets and locks: `$AGENTD_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR/agentd`, else
 * `~/.agentd/run/<host>`. Never in plain /tmp.
 *
 * A directory that somebody chose by name is used or refused, never replaced by another: client and daemon would part ways.
 * `$XDG_RUNTIME_DIR` is passed over with a warning when it is not what its specification demands.
 * @throws AgentdError `unsafe_directory`.
 */
export function openRuntimeDirectory({ env, home, hostname }: PathInputs): RuntimeDirectory {
  const chosen = named(env, "AGENTD_RUNTIME_DIR");
  if (chosen !== undefined) return { path: openSafeDirectory(chosen), warnings: [] };

  const warnings: string[] = [];
  const xdg = env["XDG_RUNTIME_DIR"];
  if (xdg === undefined || xdg === "") {
    warnings.push("XDG_RUNTIME_DIR is not set");
  } else if (!isAbsolute(xdg)) {
    warnings.push(`XDG_RUNTIME_DIR '${printable(xdg)}' is not absolute and is ignored`);
  } else if (!isPrivateDirectory(xdg)) {
    warnings.push(
      `XDG_RUNTIME_DIR '${printable(xdg)}' is not a directory of yours with mode 0700 and is ignored`,
    );
  } else {
    return { path: openSafeDirectory(join(xdg, "agentd")), warnings };
  }
  // Homes are shared between hosts, sockets are not: one directory for each host.
  const path = join(home, ".agentd", "run", hostId(hostname));
  return { path: openSafeDirectory(path, { parents: true }), warnings };
}

/** Makes, checks and returns the directory for state and logs. @throws AgentdError `unsafe_directory`. */
export function openStateDirectory({ env, home }: PathInputs): string {
  const chosen = named(env, "AGENTD_STATE_DIR");
  const base = absolute(env["XDG_STATE_HOME"]) ?? join(home, ".local", "state");
  return openSafeDirectory(chosen ?? join(base, "agentd"), { parents: true });
}

/** The path of the config file, which may be absent. @throws AgentdError `bad_config` for a relative `$AGENTD_CONFIG`. */
export function configPath({ env, home }: PathInputs): string {
  const chosen = env["AGENTD_CONFIG"];
  if (chosen !== undefined && chosen !== "") {
    if (isAbsolute(chosen)) return chosen;
    throw new AgentdError(
      "bad_config",
      `AGENTD_CONFIG '${printable(chosen)}' is not absolute · write the whole path`,
    );
  }
  return join(absolute(env["XDG_CONFIG_HOME"]) ?? join(home, ".config"), "agentd", "config.toml");
}

/** The path of a socket in `directory`. @throws AgentdError `path_too_long`, naming both lengths. */
export function socketPath(directory: string, name: string): string {
  const path = join(directory, name);
  const bytes = Buffer.byteLength(path);
  if (bytes <= MAX_SOCKET_PATH_BYTES) return path;
  throw new AgentdError(
    "path_too_long",
    `the socket path '${printable(path)}' has ${bytes} bytes, ${MAX_SOCKET_PATH_BYTES} are possible · set AGENTD_RUNTIME_DIR to a shorter directory`,
    { details: { bytes, limit: MAX_SOCKET_PATH_BYTES } },
  );
}

/** Ten hex digits that stand for a host: short, because they are part of a socket's path. */
export function hostId(hostname: string): string {
  return createHash("sha256").update(hostname).digest("hex").slice(0, 10);
}

function named(env: PathInputs["env"], variable: string): string | undefined {
  const value = env[variable];
  if (value === undefined || value === "") return undefined;
  if (isAbsolute(value)) return join(value, ".").replace(/(?<=.)\/+$/, "");
  throw new AgentdError(
    "unsafe_directory",
    `${variable} '${printable(value)}' is not absolute · write the whole path`,
  );
}

/** The XDG specification: a relative path is invalid and must be ignored. */
function absolute(value: string | undefined): string | undefined {
  return value !== undefined && isAbsolute(value) ? value : undefined;
}
