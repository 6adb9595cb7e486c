// Says one dim line at a time on stderr without breaking what the shell draws.
import { dimLine } from "../format.js";
import type { OutputTracker } from "./output-tracker.js";

interface StatusLineOptions {
  /** False with `-q` or when stderr is no terminal: then nothing is ever said. */
  readonly enabled: boolean;
  readonly color: boolean;
  readonly tracker: OutputTracker;
  /** True when everything written to stdout has reached the terminal: stderr must not overtake it. */
  isIdle(): boolean;
  write(text: string): void;
}

/**
 * Invariants: nothing is written inside an alternate screen, inside an unfinished sequence, or before output that still
 * waits; the newest line waits until it may, older ones are forgotten. A line that nothing has followed is replaced.
 */
export class StatusLine {
  readonly #options: StatusLineOptions;
  #waiting: string | undefined;
  /** The cursor stands behind a line of ours. */
  #open = false;

  constructor(options: StatusLineOptions) {
    this.#options = options;
  }

  say(text: string): void {
    if (!this.#options.enabled) return;
    this.#waiting = text;
    this.flush();
  }

  /** Before every piece of output: what the shell writes starts on a line of its own. */
  beforeOutput(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#options.write("\r\n");
  }

  /** After output: perhaps the waiting line may be said now. */
  flush(): void {
    const { tracker, write, color, isIdle } = this.#options;
    if (this.#waiting === undefined || tracker.alternate || !tracker.atGround || !isIdle()) return;
    const fresh = tracker.lastByte === 0x0a || tracker.lastByte === 0;
    const start = this.#open ? "\r\u001b[2K" : fresh ? "\r" : "\r\n";
    write(start + dimLine(this.#waiting, color));
    this.#open = true;
    this.#waiting = undefined;
  }
}
