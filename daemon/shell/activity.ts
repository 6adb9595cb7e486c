// When something was last typed into a shell or printed by it, and who is told of that how often.
import type { Clock } from "../upstream/clock.js";
import type { OutputWatchers } from "./output/output-watchers.js";

/** Whoever shows how long a shell has been idle needs no more than this. */
const TELL_EVERY_MS = 1000;

/** Invariant: a frame costs a time stamp; all else happens at most once a second, and only while somebody listens. A replay is of the past, and no activity. */
export class Activity {
  readonly #clock: Clock;
  readonly #onActive: () => boolean;
  readonly #stopWatching: () => void;
  #at: number | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  /**
   * @param onActive called at once after a pause, then at most every second, the last time for the last activity; false: nobody
   *   listens
   */
  constructor(clock: Clock, output: OutputWatchers, onActive: () => boolean) {
    this.#clock = clock;
    this.#onActive = onActive;
    this.#stopWatching = output.add((_bytes, replayed) => {
      if (!replayed) this.note();
    });
  }

  /** Milliseconds since 1970; undefined before the first. */
  get at(): number | undefined {
    return this.#at;
  }

  note(): void {
    this.#at = this.#clock.now();
    if (this.#cancel === undefined && !this.#stopped) this.#tell();
  }

  stop(): void {
    this.#stopped = true;
    this.#stopWatching();
    this.#cancel?.();
  }

  #tell(): void {
    if (!this.#onActive()) return;
    const told = this.#at;
    this.#cancel = this.#clock.setTimeout(() => {
      this.#cancel = undefined;
      if (this.#at !== told) this.#tell();
    }, TELL_EVERY_MS);
  }
}
