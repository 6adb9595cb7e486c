// One daemon per directory: a lock that the kernel need not know, held by a process and not by a file.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { AgentdError } from "../../shared/errors.js";
import { identifyProcess, isRunning, type ProcessIdentity } from "./process-identity.js";

const LOCK = /^lock\.(\d{12})$/;
const CANDIDATE = /^lock\.new\.(\d+)\.[0-9a-f]+$/;

/** Losing the race this often in a row means that something other than daemons writes here. */
const MAX_ATTEMPTS = 1000;

export type LockResult =
  | { readonly kind: "held"; readonly lock: InstanceLock }
  /** Another process has it. */
  | { readonly kind: "taken"; readonly pid: number };

/**
 * A generation lock: `lock.<number>` files, of which the highest counts, and it counts while the process it names runs.
 *
 * Invariants: a generation appears complete or not at all (it is written aside and linked); its number is used once (link
 * fails on an existing name, and the highest file is never deleted, only blanked); whoever sees a higher generation after
 * having made its own has lost. So a process that was stopped at any point of `acquire` cannot come back as a second owner.
 */
export class InstanceLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Takes the lock of `directory`, which only this user can write to.
   * @throws AgentdError `daemon_unavailable` when the directory cannot be written.
   */
  static acquire(directory: string): LockResult {
    const self = identifyProcess(process.pid);
    if (self === undefined)
      throw new AgentdError("daemon_unavailable", "cannot tell when this process was started");
    const candidate = join(directory, `lock.new.${process.pid}.${randomBytes(4).toString("hex")}`);
    try {
      writePrivate(candidate, JSON.stringify(self));
      try {
        return compete(directory, candidate);
      } finally {
        remove(candidate);
      }
    } catch (error) {
      if (error instanceof AgentdError) throw error;
      const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
      throw new AgentdError(
        "daemon_unavailable",
        `cannot write the lock in '${directory}' (${code}) · make room or mend its permissions`,
        {
          cause: error,
        },
      );
    }
  }

  /** For `compete` only: a lock exists because a process won it. */
  static won(path: string): InstanceLock {
    return new InstanceLock(path);
  }

  /** False when the lock's directory was removed: then others may hold a lock there, even one of the same number. */
  get isHeld(): boolean {
    return ownerIn(this.#path)?.pid === process.pid;
  }

  /** Ends the ownership. The file stays, empty: its number must not be used again. */
  release(): void {
    try {
      const fd = openSync(this.#path, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW);
      closeSync(fd);
    } catch {
      // The directory is gone, and the lock with it; or the disk is broken, and then our end releases it as well.
    }
  }
}

function compete(directory: string, candidate: string): LockResult {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const highest = generations(directory).at(-1) ?? 0;
    const owner = highest === 0 ? undefined : ownerIn(lockPath(directory, highest));
    if (owner !== undefined && isRunning(owner)) return { kind: "taken", pid: owner.pid };

    const own = highest + 1;
    try {
      linkSync(candidate, lockPath(directory, own));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw error;
    }
    // We may have slept between looking and linking, while others came, went, and tidied our number away.
    const all = generations(directory);
    if ((all.at(-1) ?? 0) > own) {
      remove(lockPath(directory, own));
      continue;
    }
    for (const generation of all) if (generation < own) remove(lockPath(directory, generation));
    removeDeadCandidates(directory);
    return { kind: "held", lock: InstanceLock.won(lockPath(directory, own)) };
  }
  throw new AgentdError(
    "daemon_unavailable",
    `cannot get the lock in '${directory}' · is something writing there?`,
  );
}

function generations(directory: string): number[] {
  const found = readdirSync(directory).map((name) => LOCK.exec(name)?.[1]);
  return found
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

/** Undefined for a blanked file, for a file that has just been removed, and for one that is not ours to understand. */
function ownerIn(path: string): ProcessIdentity | undefined {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<ProcessIdentity>;
    const { pid, started, boot } = value;
    if (!Number.isSafeInteger(pid) || typeof started !== "string" || typeof boot !== "string")
      return undefined;
    return { pid: pid as number, started, boot };
  } catch {
    return undefined;
  }
}

/** What starters left behind that were killed between writing and linking. */
function removeDeadCandidates(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = Number(CANDIDATE.exec(name)?.[1] ?? process.pid);
    if (pid !== process.pid && identifyProcess(pid) === undefined) remove(join(directory, name));
  }
}

function lockPath(directory: string, generation: number): string {
  return join(directory, `lock.${String(generation).padStart(12, "0")}`);
}

function writePrivate(path: string, text: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, 0o600);
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody else tidied it away.
  }
}
