// When output is a replay: bytes that the server sends again after a reattach, in which no query must be answered.
import type { Clock } from "../../upstream/clock.js";

/** Without a known end, a replay is over after this long without output. */
const QUIET_MS = 250;
/** ... and in any case after this long. Longer than the upstream withholds a replay to compare it. */
const LONGEST_MS = 4_000;

/**
 * Open from the reattach until the replay has arrived.
 *
 * In exact mode the server says where the replay ends, and the window closes with that byte. The service says nothing:
 * there the window closes at the first quiet moment.
 */
export class ReplayWindow {
  readonly #clock: Clock;
  readonly #onChange: (open: boolean) => void;
  #open = false;
  #end: number | undefined;
  #cancelQuiet: (() => void) | undefined;
  #cancelLongest: (() => void) | undefined;

  constructor(clock: Clock, onChange: (open: boolean) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get open(): boolean {
    return this.#open;
  }

  /** @param offset where the output stands now. @param end absolute offset after the last replayed byte, when it is known. */
  begin(offset: number, end: number | undefined): void {
    this.#cancelTimers();
    this.#end = end;
    if (!this.#open) {
      this.#open = true;
      this.#onChange(true);
    }
    this.#cancelLongest = this.#clock.setTimeout(() => this.close(), LONGEST_MS);
    if (end !== undefined) this.handleOutput(offset);
  }

  /** The upstream, which may have withheld the replay, delivers it now. */
  resolved(): void {
    if (!this.#open || this.#end !== undefined) return;
    this.#cancelQuiet?.();
    this.#cancelQuiet = this.#clock.setTimeout(() => this.close(), QUIET_MS);
  }

  /** Output arrived, and stands at `offset` now. */
  handleOutput(offset: number): void {
    if (!this.#open) return;
    if (this.#end === undefined) {
      this.#cancelQuiet?.();
      this.#cancelQuiet = this.#clock.setTimeout(() => this.close(), QUIET_MS);
    } else if (offset >= this.#end) this.close();
    else {
      // A server may be wrong about the end: without output a replay does not last.
      this.#cancelLongest?.();
      this.#cancelLongest = this.#clock.setTimeout(() => this.close(), LONGEST_MS);
    }
  }

  close(): void {
    this.#cancelTimers();
    if (!this.#open) return;
    this.#open = false;
    this.#onChange(false);
  }

  #cancelTimers(): void {
    this.#cancelQuiet?.();
    this.#cancelLongest?.();
  }
}
