// Notices that the config file may have changed: written, replaced, linked elsewhere, removed, or there at last.
import { type FSWatcher, lstatSync, readlinkSync, watch } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import type { Clock } from "../upstream/clock.js";

/** Editors make a change in several steps: it is over when nothing more has happened for so long. */
const SETTLED_MS = 100;
/** As the kernel. */
const MAX_LINKS = 40;

/**
 * Watches directories and never the file itself, whose inode changes with every save. The directories are those in which a
 * link on the way lies, the file, or the first name that is missing; after each event they are looked up again.
 */
export class ConfigWatch {
  readonly #path: string;
  readonly #clock: Pick<Clock, "setTimeout">;
  readonly #onChange: () => void;
  #watchers: FSWatcher[] = [];
  #cancel: () => void = () => {};
  #closed = false;
  #failure: string | undefined;

  /** @param onChange something has happened to the file or on the way to it; perhaps nothing that matters. */
  constructor(path: string, clock: Pick<Clock, "setTimeout">, onChange: () => void) {
    this.#path = path;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#watch();
  }

  /** Why changes are not noticed (`ENOSPC`: no inotify watch is left); undefined when they are. */
  get failure(): string | undefined {
    return this.#failure;
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #watch(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
    this.#failure = undefined;
    try {
      for (const [directory, names] of placesOf(this.#path)) {
        const watcher = watch(directory, { persistent: false }, (_, name) => {
          // The directory's own name: it was moved or removed.
          if (name === null || names.has(name) || name === basename(directory)) this.#happened();
        });
        watcher.on("error", () => this.#happened());
        this.#watchers.push(watcher);
      }
    } catch (error) {
      this.#failure = (error as NodeJS.ErrnoException).code ?? "unknown error";
      // A directory went between two looks: nothing would ever be told of it again.
      if (this.#failure === "ENOENT") this.#happened();
    }
  }

  #happened(): void {
    this.#cancel();
    if (this.#closed) return;
    this.#cancel = this.#clock.setTimeout(() => {
      // Watch first: what happens from now on is seen, what has happened is read.
      this.#watch();
      this.#onChange();
    }, SETTLED_MS);
  }
}

/** Directory → the names in it that decide what `path` is. */
export function placesOf(path: string): ReadonlyMap<string, ReadonlySet<string>> {
  const places = new Map<string, Set<string>>();
  const note = (directory: string, name: string) => {
    places.set(directory, (places.get(directory) ?? new Set<string>()).add(name));
  };
  let rest = path.split("/").filter((part) => part !== "");
  let at = "/";
  for (let links = 0; rest.length > 0; ) {
    const [name = "", ...after] = rest;
    const next = join(at, name);
    const status = lstatSync(next, { throwIfNoEntry: false });
    if (status === undefined || after.length === 0 || status.isSymbolicLink()) note(at, name);
    if (status === undefined) break;
    if (status.isSymbolicLink() && links++ < MAX_LINKS) {
      const target = readlinkSync(next);
      rest = [...target.split("/").filter((part) => part !== ""), ...after];
      if (isAbsolute(target)) at = "/";
    } else {
      rest = after;
      at = next;
    }
  }
  return places;
}
