// Where the daemon's socket is, and whether the way there can be trusted: the client's side of the daemon's rule.
import { lstatSync, realpathSync, statSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { AgentdError } from "../shared/errors.js";
import { printable } from "../shared/names.js";

/*
 * The daemon makes and checks this directory with code of its own (it may not be imported here, and shared/ has no file
 * system). Both follow one rule, and a test runs both over the same table of directories:
 * $AGENTD_RUNTIME_DIR, else $XDG_RUNTIME_DIR/agentd when that is private, else ~/.agentd/run/<host>.
 */

const SOCKET_NAME = "agentd.sock";

/** Portable: `sun_path` has 104 bytes on macOS (108 on Linux), one of them for the final 0. Node cuts longer ones silently. */
const MAX_SOCKET_PATH_BYTES = 103;

/** What the rule needs to know of a file; `mode` holds permission bits only. */
export interface FileStatus {
  readonly kind: "directory" | "link" | "other";
  readonly uid: number;
  readonly mode: number;
}

/** The world, as far as the rule looks at it; undefined stands for "does not exist". */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly hostname: string;
  readonly uid: number;
  /** Does not follow a link; `follow` does. */
  look(path: string, follow?: boolean): FileStatus | undefined;
  /** The path without links, or undefined. */
  resolve(path: string): string | undefined;
}

/** This process and its file system. */
export function ownSurroundings(env: Surroundings["env"]): Surroundings {
  return {
    env,
    home: env["HOME"] || homedir(),
    hostname: hostname(),
    uid: process.geteuid?.() ?? 0,
    look: lookAt,
    resolve: (path) => attempt(path, () => realpathSync(path)),
  };
}

/**
 * The path of the daemon's socket, after the checks. The directory may be missing still: the daemon makes it.
 * @throws AgentdError `unsafe_directory` (with the command that mends it), `path_too_long` (with both lengths).
 */
export async function findSocketPath(around: Surroundings): Promise<string> {
  const directory = await chooseDirectory(around);
  checkDirectory(directory, around);
  const path = join(directory, SOCKET_NAME);
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw new AgentdError(
      "path_too_long",
      `the socket path '${printable(path)}' has ${bytes} bytes, ${MAX_SOCKET_PATH_BYTES} are possible · set AGENTD_RUNTIME_DIR to a shorter directory`,
      { details: { bytes, limit: MAX_SOCKET_PATH_BYTES } },
    );
  }
  return path;
}

async function chooseDirectory({ env, home, hostname, uid, look }: Surroundings): Promise<string> {
  const chosen = env["AGENTD_RUNTIME_DIR"];
  if (chosen !== undefined && chosen !== "") {
    if (isAbsolute(chosen)) return join(chosen, ".").replace(/(?<=.)\/+$/, "");
    throw new AgentdError(
      "unsafe_directory",
      `AGENTD_RUNTIME_DIR '${printable(chosen)}' is not absolute · write the whole path`,
    );
  }
  const xdg = env["XDG_RUNTIME_DIR"];
  if (xdg !== undefined && isAbsolute(xdg)) {
    const status = look(xdg);
    if (status?.kind === "directory" && status.uid === uid && (status.mode & 0o077) === 0)
      return join(xdg, "agentd");
  }
  // Homes are shared between hosts, sockets are not. Loaded here because few start-ups come this way, and it takes 3 ms.
  const { createHash } = await import("node:crypto");
  return join(home, ".agentd", "run", createHash("sha256").update(hostname).digest("hex").slice(0, 10));
}

/** Nobody but root and this user can read, or replace, what is in `directory`. */
function checkDirectory(directory: string, around: Surroundings): void {
  const real = around.resolve(dirname(directory));
  for (const parent of new Set([
    ...parents(directory),
    ...(real === undefined ? [] : parents(join(real, "x"))),
  ])) {
    const status = around.look(parent, true);
    if (status !== undefined) checkParent(parent, status, around.uid);
  }
  const status = around.look(directory);
  if (status === undefined) return;
  if (status.kind !== "directory") {
    const kind = status.kind === "link" ? "a symbolic link" : "not a directory";
    throw unsafe(
      directory,
      `is ${kind}`,
      `move it away: mv ${quote(directory)} ${quote(`${directory}.old`)}`,
    );
  }
  if (status.uid !== around.uid) {
    const fix =
      around.uid === 0
        ? `this daemon belongs to uid ${status.uid}: run without sudo`
        : "choose another directory";
    throw unsafe(directory, `belongs to uid ${status.uid}, not to you (uid ${around.uid})`, fix);
  }
  if ((status.mode & 0o077) !== 0) {
    const fix = `run: chmod 700 ${quote(directory)}`;
    throw unsafe(directory, `has unsafe permissions (${octal(status.mode)}, want 0700)`, fix);
  }
}

function checkParent(path: string, status: FileStatus, uid: number): void {
  if (status.uid !== 0 && status.uid !== uid) {
    throw unsafe(
      path,
      `belongs to uid ${status.uid}, who could replace what is in it`,
      "choose another directory",
    );
  }
  if ((status.mode & 0o022) !== 0 && (status.mode & 0o1000) === 0) {
    const problem = `has unsafe permissions (${octal(status.mode)}: others can replace what is in it)`;
    throw unsafe(path, problem, `run: chmod go-w ${quote(path)}`);
  }
}

function* parents(path: string): Generator<string> {
  for (let at = dirname(path); ; at = dirname(at)) {
    yield at;
    if (at === dirname(at)) return;
  }
}

function lookAt(path: string, follow = false): FileStatus | undefined {
  return attempt(path, () => {
    const status = follow ? statSync(path) : lstatSync(path);
    const kind = status.isDirectory() ? "directory" : status.isSymbolicLink() ? "link" : "other";
    return { kind, uid: status.uid, mode: status.mode & 0o7777 };
  });
}

/** A missing file is an answer; anything else that hides it is a reason to stop. */
function attempt<T>(path: string, look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    if (code === "ENOENT") return undefined;
    throw unsafe(path, `cannot be checked (${code})`, "choose another directory", error);
  }
}

function unsafe(path: string, problem: string, fix: string, cause?: unknown): AgentdError {
  return new AgentdError("unsafe_directory", `'${printable(path)}' ${problem} · ${fix}`, {
    cause,
    details: { path },
  });
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

function quote(path: string): string {
  const text = printable(path);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
