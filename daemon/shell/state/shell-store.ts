// The state file: every shell that must be found again, written so that no crash and no full disk can lose it.
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { AgentdError } from "../../../shared/errors.js";
import type { Disk } from "./disk.js";
import type { ShellRecord } from "./shell-record.js";
import { decodeState, encodeState, STATE_VERSION, type StateContent } from "./state-file.js";

export interface ShellStoreOptions {
  /** The state directory, private to this user. */
  readonly directory: string;
  readonly disk: Disk;
  /** Wall clock milliseconds, for the name of a quarantined file. */
  now(): number;
  /** Something to tell the person: a file was quarantined, or the state cannot be saved. */
  warn(message: string): void;
}

const FILE = "state.json";
/** What a write is called until it is complete. */
const TEMPORARY = /^state\.json\.[0-9a-f]{12}\.new$/;

/**
 * Invariants:
 * 1. `save` resolves only when the records are on the disk for good: temporary file, flush, rename, flush of the directory.
 * 2. At every moment `state.json` or `state.json.bak` is a whole file of ours; a crash costs at most the newest change.
 * 3. A file that a newer agentd wrote, or that cannot be read for lack of permission, is never overwritten.
 * 4. Writes never overlap; what changes while one is under way is in the next one.
 */
export class ShellStore {
  readonly path: string;
  readonly #options: ShellStoreOptions;
  #pending: (() => readonly ShellRecord[]) | undefined;
  #writing: Promise<void> | undefined;
  #queued: Promise<void> | undefined;

  constructor(options: ShellStoreOptions) {
    this.#options = options;
    this.path = join(options.directory, FILE);
  }

  /**
   * The records of the state file, or of its backup. Call it before the first `save`, and as the only daemon of this
   * directory: what an earlier one left half-written is removed. @throws AgentdError `state_unwritable`.
   */
  async load(): Promise<readonly ShellRecord[]> {
    await this.#sweep();
    const content = await this.#read(this.path);
    if (content?.kind === "ok") return content.records;
    const backup = await this.#read(`${this.path}.bak`);
    if (content?.kind === "corrupt") await this.#quarantine(content.why, backup?.kind === "ok");
    if (backup?.kind !== "ok") return [];
    // A crash between two renames left the backup alone, perhaps for long: it is the state again until the next save.
    await this.#options.disk.rename(`${this.path}.bak`, this.path).catch(() => {});
    return backup.records;
  }

  /**
   * Writes what `records` returns at the moment of writing. Calls that come while a write is under way share the next one.
   * @throws AgentdError `state_unwritable`; the file is then what it was.
   */
  save(records: () => readonly ShellRecord[]): Promise<void> {
    this.#pending = records;
    this.#queued ??= (this.#writing ?? Promise.resolve())
      .catch(() => {})
      .then(() => {
        this.#queued = undefined;
        this.#writing = this.#write(this.#pending?.() ?? []);
        return this.#writing;
      });
    return this.#queued;
  }

  /** A write that was cut off has changed nothing: its file is not needed, and nobody else would ever remove it. */
  async #sweep(): Promise<void> {
    const { directory, disk } = this.#options;
    const names = await disk.list(directory).catch(() => []);
    for (const name of names.filter((candidate) => TEMPORARY.test(candidate))) {
      const path = join(directory, name);
      // Reading checks that it is a private file of ours; anything else is not ours to remove.
      const ours = await disk.read(path).catch(() => undefined);
      if (ours !== undefined) await disk.remove(path).catch(() => {});
    }
  }

  async #write(records: readonly ShellRecord[]): Promise<void> {
    const { disk } = this.#options;
    const temporary = join(this.#options.directory, `${FILE}.${randomBytes(6).toString("hex")}.new`);
    try {
      await disk.writeNew(temporary, encodeState(records));
      const old = await disk.read(this.path);
      // Only a good file may become the backup.
      if (old !== undefined && decodeState(old).kind === "ok")
        await disk.rename(this.path, `${this.path}.bak`);
      await disk.rename(temporary, this.path);
      await disk.syncDirectory(dirname(this.path));
    } catch (cause) {
      await disk.remove(temporary).catch(() => {});
      const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
      throw new AgentdError(
        "state_unwritable",
        `cannot write ${this.path} (${code}) · make room or mend its permissions`,
        {
          cause,
        },
      );
    }
  }

  async #read(path: string): Promise<StateContent | undefined> {
    let content: Buffer | undefined;
    try {
      content = await this.#options.disk.read(path);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
      throw new AgentdError(
        "state_unwritable",
        `cannot read ${path} (${code}) · it must be a file of yours, mode 0600`,
        {
          cause,
        },
      );
    }
    if (content === undefined) return undefined;
    const state = decodeState(content);
    if (state.kind === "newer") {
      const message = `${path} was written by a newer agentd (format ${state.version}, this one knows ${STATE_VERSION}) · upgrade, or set AGENTD_STATE_DIR`;
      throw new AgentdError("state_unwritable", message);
    }
    return state;
  }

  async #quarantine(why: string, hasBackup: boolean): Promise<void> {
    const aside = `${this.path}.corrupt-${this.#options.now()}`;
    await this.#options.disk.rename(this.path, aside).catch(() => {});
    const used = hasBackup ? `using ${this.path}.bak` : "starting with no shells";
    this.#options.warn(`${this.path} is damaged (${why}), kept as ${aside}; ${used}`);
  }
}
