// A real disk of which chosen operations fail, or of which nothing comes back any more because the process has died.
import { writeFile } from "node:fs/promises";
import type { Disk } from "../../daemon/shell/state/disk.js";
import { systemDisk } from "../../daemon/shell/state/disk.js";

/**
 * `full`: ENOSPC, a write leaves half a file. `error`: EIO although it was done, as when only the flush fails.
 * `short`: EINTR, a write leaves a quarter of a file. The two deaths: the process ends before, or in the middle of a
 * write; or after the operation, of whose success nobody hears.
 */
export type Fault = "full" | "error" | "short" | "death-before" | "death-after";
export const FAULTS: readonly Fault[] = ["full", "error", "short", "death-before", "death-after"];

const never = () => new Promise<never>(() => {});

export class FaultyDisk implements Disk {
  /** So many operations were begun. */
  operations = 0;
  faults = 0;
  /** Resolves when the process has died at one of them; then no operation ever ends. */
  readonly died: Promise<void>;
  readonly #choose: (operation: number) => Fault | undefined;
  #isDead = false;
  #isHealed = false;
  /** Real operations that have not come back. */
  readonly #underWay = new Set<Promise<unknown>>();
  #die: () => void = () => {};

  /** @param choose what happens to the n-th operation, counted from 1. */
  constructor(choose: (operation: number) => Fault | undefined) {
    this.#choose = choose;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Nothing fails any more. */
  heal(): void {
    this.#isHealed = true;
  }

  read(path: string): Promise<Buffer | undefined> {
    return this.#run(() => systemDisk.read(path));
  }

  writeNew(path: string, content: Buffer): Promise<void> {
    const part = (length: number) => () =>
      writeFile(path, content.subarray(0, Math.floor(length)), { flag: "wx", mode: 0o600 });
    return this.#run(() => systemDisk.writeNew(path, content), {
      full: part(content.length / 2),
      short: part(content.length / 4),
      "death-before": part(content.length / 3),
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#run(() => systemDisk.rename(from, to));
  }

  syncDirectory(path: string): Promise<void> {
    return this.#run(() => systemDisk.syncDirectory(path));
  }

  list(path: string): Promise<readonly string[]> {
    return this.#run(() => systemDisk.list(path));
  }

  remove(path: string): Promise<void> {
    return this.#run(() => systemDisk.remove(path));
  }

  async #watched<T>(operation: Promise<T>): Promise<T> {
    this.#underWay.add(operation);
    try {
      return await operation;
    } finally {
      this.#underWay.delete(operation);
    }
  }

  /** `partly`: what a fault does instead of nothing at all. */
  async #run<T>(act: () => Promise<T>, partly: Partial<Record<Fault, () => Promise<void>>> = {}): Promise<T> {
    if (this.#isDead) return never();
    const fault = this.#isHealed ? undefined : this.#choose(++this.operations);
    if (fault === undefined) return this.#watched(act());
    this.faults += 1;
    if (fault === "death-before" || fault === "death-after") {
      this.#isDead = true;
      await (fault === "death-after" ? act() : partly[fault]?.());
      // The system finishes what a process had begun before it lets another one have the disk.
      await Promise.allSettled(this.#underWay);
      this.#die();
      return never();
    }
    if (fault === "error") await act();
    else await partly[fault]?.();
    const code = { full: "ENOSPC", error: "EIO", short: "EINTR" }[fault];
    throw Object.assign(new Error(`injected ${code}`), { code });
  }
}
