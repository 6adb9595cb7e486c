// A directory that only this user can reach: created 0700, checked before anything in it is trusted.
import { type BigIntStats, lstatSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { AgentdError } from "../errors.js";
import { printable } from "../names.js";
import { quoteWord } from "../shell-quote.js";

const GROUP_OR_OTHER = 0o077n;
const GROUP_OR_OTHER_WRITE = 0o022n;
const STICKY = 0o1000n;
const PERMISSIONS = 0o7777n;

/**
 * Makes `path` when it is missing (0700; its parents too when `parents` is set) and checks it and every directory above it.
 *
 * Fails closed: a real directory, owned by this user, closed to everyone else; nobody but root and this user can replace
 * it, because every parent belongs to one of the two and is writable by others only when it is sticky.
 * @throws AgentdError `unsafe_directory`, whose message names the path, what is wrong, and the command that mends it.
 */
export function openSafeDirectory(path: string, options: { parents?: boolean } = {}): string {
  make(path, options.parents ?? false);
  checkSafeDirectory(path);
  return path;
}

/**
 * The checks of `openSafeDirectory`, without making anything: what is missing, somebody else will make, and check again.
 * @throws AgentdError `unsafe_directory`.
 */
export function checkSafeDirectory(path: string): void {
  // Every name on the way counts, and so does every directory behind a symbolic link on the way.
  const real = realParent(path);
  const parents = [...ancestors(path), ...(real === undefined ? [] : ancestors(join(real, "x")))];
  for (const parent of new Set(parents)) checkParent(parent);
  const status = look(path);
  if (status === undefined) return;
  if (!status.isDirectory()) {
    const kind = status.isSymbolicLink() ? "a symbolic link" : "not a directory";
    throw unsafe(path, `is ${kind}`, `move it away: mv ${quote(path)} ${quote(`${path}.old`)}`);
  }
  if (status.uid !== ownUid()) {
    throw unsafe(path, `belongs to uid ${status.uid}, not to you (uid ${ownUid()})`, ownerFix(status.uid));
  }
  if ((status.mode & GROUP_OR_OTHER) !== 0n) {
    throw unsafe(
      path,
      `has unsafe permissions (${octal(status.mode)}, want 0700)`,
      `run: chmod 700 ${quote(path)}`,
    );
  }
}

/** Whether `path` is a real directory of this user with mode 0700, without regard to its parents. Never throws. */
export function isPrivateDirectory(path: string): boolean {
  try {
    const status = lstatSync(path, { bigint: true });
    return status.isDirectory() && status.uid === ownUid() && (status.mode & GROUP_OR_OTHER) === 0n;
  } catch {
    return false;
  }
}

function make(path: string, parents: boolean): void {
  try {
    mkdirSync(path, { mode: 0o700, recursive: parents });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EEXIST") return;
    if (code === "ENOENT") {
      throw unsafe(
        path,
        "cannot be made: its parent is missing",
        `run: mkdir -p ${quote(dirname(path))}`,
        error,
      );
    }
    throw unsafe(path, `cannot be made (${code ?? "unknown error"})`, "choose another directory", error);
  }
}

function checkParent(parent: string): void {
  const status = look(parent, true);
  if (status === undefined) return;
  if (status.uid !== 0n && status.uid !== ownUid()) {
    throw unsafe(
      parent,
      `belongs to uid ${status.uid}, who could replace what is in it`,
      "choose another directory",
    );
  }
  if ((status.mode & GROUP_OR_OTHER_WRITE) !== 0n && (status.mode & STICKY) === 0n) {
    throw unsafe(
      parent,
      `has unsafe permissions (${octal(status.mode)}: others can replace what is in it)`,
      `run: chmod go-w ${quote(parent)}`,
    );
  }
}

/** Undefined for what is missing; anything else that hides the status is a reason to stop. */
function look(path: string, follow = false): BigIntStats | undefined {
  try {
    return follow ? statSync(path, { bigint: true }) : lstatSync(path, { bigint: true });
  } catch (error) {
    return missing(path, error);
  }
}

function missing(path: string, error: unknown): undefined {
  const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
  if (code === "ENOENT") return undefined;
  throw unsafe(path, `cannot be checked (${code})`, "choose another directory", error);
}

function* ancestors(path: string): Generator<string> {
  for (let at = dirname(path); ; at = dirname(at)) {
    yield at;
    if (at === dirname(at)) return;
  }
}

/** The parent with its symbolic links resolved; undefined when it is missing. */
function realParent(path: string): string | undefined {
  try {
    return realpathSync(dirname(path));
  } catch (error) {
    return missing(dirname(path), error);
  }
}

function ownUid(): bigint {
  return BigInt(process.geteuid?.() ?? 0);
}

function ownerFix(uid: bigint): string {
  return ownUid() === 0n ? `this daemon belongs to uid ${uid}: run without sudo` : "choose another directory";
}

function unsafe(path: string, problem: string, fix: string, cause?: unknown): AgentdError {
  return new AgentdError("unsafe_directory", `'${printable(path)}' ${problem} · ${fix}`, {
    cause,
    details: { path },
  });
}

function octal(mode: bigint): string {
  return (mode & PERMISSIONS).toString(8).padStart(4, "0");
}

function quote(path: string): string {
  return quoteWord(printable(path));
}
