// Keeps the state file up to date: saves when asked, tries again while the disk refuses, and knows since when it is behind.
import { AgentdError } from "../../../shared/errors.js";
import type { UnsavedState } from "../../../shared/rpc.js";
import type { Clock } from "../../upstream/clock.js";
import type { ShellRecord } from "./shell-record.js";
import type { ShellStore } from "./shell-store.js";

/** What is in memory is not on the disk. */
export interface Unsaved {
  /** Wall clock milliseconds. */
  readonly since: number;
  /** One line, with the way out. */
  readonly reason: string;
}

export interface StateKeeperOptions {
  readonly clock: Clock;
  readonly store: Pick<ShellStore, "save">;
  /** What is to be saved, asked at the moment of writing. */
  readonly records: () => readonly ShellRecord[];
  readonly warn: (message: string) => void;
}

/** For clients. */
export function describeUnsaved(unsaved: Unsaved | undefined): UnsavedState {
  if (unsaved === undefined) return {};
  return { stateUnsavedSince: new Date(unsaved.since).toISOString(), stateUnsavedReason: unsaved.reason };
}

const SAVE_AGAIN_MS = 10_000;

/** Invariant: while the newest attempt has failed, `unsaved` says so and another attempt is planned, until `stop`. */
export class StateKeeper {
  readonly #options: StateKeeperOptions;
  #unsaved: Unsaved | undefined;
  #cancelRetry: (() => void) | undefined;
  #stopped = false;

  constructor(options: StateKeeperOptions) {
    this.#options = options;
  }

  get unsaved(): Unsaved | undefined {
    return this.#unsaved;
  }

  /** Resolves when everything is on the disk. @throws AgentdError `state_unwritable`; it is tried again by itself then. */
  async save(): Promise<void> {
    try {
      await this.#options.store.save(this.#options.records);
    } catch (thrown) {
      const error = AgentdError.from(thrown);
      this.#handleFailure(error.message);
      throw error;
    }
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#unsaved = undefined;
  }

  /** Saves without waiting. */
  saveSoon(): void {
    this.save().catch(() => {});
  }

  /** No more attempts of its own. */
  stop(): void {
    this.#stopped = true;
    this.#cancelRetry?.();
  }

  #handleFailure(reason: string): void {
    const { clock, warn } = this.#options;
    // Said once, not with every attempt.
    if (this.#unsaved === undefined) warn(reason);
    this.#unsaved = { since: this.#unsaved?.since ?? clock.now(), reason };
    this.#cancelRetry?.();
    if (!this.#stopped) this.#cancelRetry = clock.setTimeout(() => this.saveSoon(), SAVE_AGAIN_MS);
  }
}
