// What the next daemon needs to serve the same tabs: where it listened, and the hashes of their tokens. Never a token.
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import type { ServerLog } from "../server/server-log.js";
import type { Disk } from "../shell/state/disk.js";
import { isStoredPass, type StoredPass } from "./pass.js";
import { isWebPlace, type WebPlace } from "./place.js";

const FILE = "web.json";
const VERSION = 1;

export interface WebState {
  readonly places: readonly WebPlace[];
  readonly passes: readonly StoredPass[];
}

/** Invariant: the file is private, whole, never older than what was last to be saved, and there only while the web terminal is on. Writes do not overlap; the last one wins. */
export class WebStore {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #log: ServerLog;
  #writing: Promise<void> = Promise.resolve();

  constructor(directory: string, disk: Disk, log: ServerLog) {
    this.#path = join(directory, FILE);
    this.#disk = disk;
    this.#log = log;
  }

  /** What was saved; undefined when the web terminal was off, or when it cannot be told. Never rejects. */
  async load(): Promise<WebState | undefined> {
    try {
      const content = await this.#disk.read(this.#path);
      if (content === undefined) return undefined;
      const value = JSON.parse(content.toString("utf8")) as Partial<WebState> & { readonly v?: unknown };
      const { v, places, passes } = value;
      if (v !== VERSION || !Array.isArray(places) || !Array.isArray(passes))
        throw new Error("another format");
      return { places: places.filter(isWebPlace), passes: passes.filter(isStoredPass) };
    } catch (error) {
      this.#log.warn({ err: error, path: this.#path }, "web terminal stays off: its state cannot be read");
      return undefined;
    }
  }

  /** Resolves when `state()` is on the disk, or cannot be; undefined removes the file. Never rejects. */
  save(state: () => WebState | undefined): Promise<void> {
    this.#writing = this.#writing
      .then(() => this.#write(state()))
      .catch((error: unknown) =>
        this.#log.warn({ err: error, path: this.#path }, "web terminal cannot be saved"),
      );
    return this.#writing;
  }

  async #write(state: WebState | undefined): Promise<void> {
    if (state === undefined) return this.#disk.remove(this.#path);
    const temporary = `${this.#path}.${randomBytes(6).toString("hex")}.new`;
    try {
      await this.#disk.writeNew(temporary, Buffer.from(`${JSON.stringify({ v: VERSION, ...state })}\n`));
      await this.#disk.rename(temporary, this.#path);
      await this.#disk.syncDirectory(dirname(this.#path));
    } catch (error) {
      await this.#disk.remove(temporary).catch(() => {});
      // What is there would give the next daemon links that were revoked since. A full disk still takes this.
      await this.#disk.remove(this.#path).catch(() => {});
      throw error;
    }
  }
}
