// Where the daemon and its clients meet: the directory of the sockets, and how long a socket's path may be.
import { isAbsolute, join } from "node:path";
import { AgentdError } from "../errors.js";
import { printable } from "../names.js";
import { isPrivateDirectory } from "./safe-directory.js";

/** The name of the daemon's socket in the runtime directory. */
export const DAEMON_SOCKET = "agentd.sock";
/** The name of the local runtime's socket there. */
export const RUNTIME_SOCKET = "local.sock";

/** Portable: `sun_path` has 104 bytes on macOS (108 on Linux), one of them for the final 0. Node 20 cuts longer ones silently. */
const MAX_SOCKET_PATH_BYTES = 103;

export interface PathInputs {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly hostname: string;
}

export interface RuntimeDirectory {
  readonly path: string;
  /** Whether its parents may be made too: only those below the home are ours to make. */
  readonly parents: boolean;
  /** One line for each candidate that was passed over, with the reason. */
  readonly warnings: readonly string[];
}

/**
 * `$AGENTD_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR/agentd`, else `~/.agentd/run/<host>`; never in plain /tmp. Nothing is made,
 * and only the XDG directory is looked at: who uses the answer opens or checks it (safe-directory.ts).
 *
 * A directory that somebody chose by name is used or refused, never replaced by another: client and daemon would part ways.
 * `$XDG_RUNTIME_DIR` is passed over with a warning when it is not what its specification demands.
 * @throws AgentdError `unsafe_directory` for a name that is not absolute.
 */
export function chooseRuntimeDirectory({ env, home, hostname }: PathInputs): RuntimeDirectory {
  const chosen = named(env, "AGENTD_RUNTIME_DIR");
  if (chosen !== undefined) return { path: chosen, parents: false, warnings: [] };

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
    return { path: join(xdg, "agentd"), parents: false, warnings };
  }
  // Homes are shared between hosts, sockets are not: one directory for each host.
  const path = join(home, ".agentd", "run", hostId(hostname));
  return { path, parents: true, warnings };
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
  // Loaded here because few start-ups of a client come this way, and it takes 3 ms.
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256").update(hostname).digest("hex").slice(0, 10);
}

/** A directory that a variable names; without a slash at its end. */
export function named(env: PathInputs["env"], variable: string): string | undefined {
  const value = env[variable];
  if (value === undefined || value === "") return undefined;
  if (isAbsolute(value)) return join(value, ".").replace(/(?<=.)\/+$/, "");
  throw new AgentdError(
    "unsafe_directory",
    `${variable} '${printable(value)}' is not absolute · write the whole path`,
  );
}
