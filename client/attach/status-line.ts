// Says one dim line at a time on stderr without breaking what the shell draws.
import type { LineWeight } from "../../shared/notice-text.js";
import { dimLine } from "../text/format.js";
import type { OutputTracker } from "./output-tracker.js";

interface Line {
  readonly text: string;
  readonly weight: LineWeight;
}

interface StatusLineOptions {
  /** False with `-q` or when stderr is no terminal: then nothing is ever said. */
  readonly enabled: boolean;
  readonly color: boolean;
  readonly tracker: OutputTracker;
  /** Columns of the terminal now: a longer line wraps. */
  cols(): number;
  /** True when everything written to stdout has reached the terminal: stderr must not overtake it. */
  isIdle(): boolean;
  write(text: string): void;
}

/** Lasting lines that wait for the end of an alternate screen. */
const MAX_WAITING = 4;

/**
 * Invariants: nothing is written inside an alternate screen, inside an unfinished sequence, or before output that still
 * waits; of passing lines the newest waits until it may, older ones are forgotten, and lasting ones are not. A line that
 * nothing has followed is replaced, unless it lasts.
 */
export class StatusLine {
  readonly #options: StatusLineOptions;
  #lasting: Line[] = [];
  #passing: Line | undefined;
  /** The cursor stands behind this line of ours. */
  #open: Line | undefined;
  /** The last line that was read says that something is wrong. */
  #trouble = false;

  constructor(options: StatusLineOptions) {
    this.#options = options;
  }

  say(text: string, weight: LineWeight = "passing"): void {
    if (!this.#options.enabled) return;
    this.#passing = undefined;
    if (weight === "passing") this.#passing = { text, weight };
    else if (weight === "calm") {
      if (this.#trouble) this.#passing = { text, weight };
    } else {
      if (weight === "amends") this.#lasting.pop();
      this.#lasting = [...this.#lasting, { text, weight }].slice(-MAX_WAITING);
    }
    this.flush();
  }

  /** Before every piece of output: what the shell writes starts on a line of its own. */
  beforeOutput(): void {
    if (this.#open === undefined) return;
    this.#open = undefined;
    this.#options.write("\r\n");
  }

  /** After output: perhaps the waiting lines may be said now. */
  flush(): void {
    const { tracker, write, color, isIdle } = this.#options;
    if (tracker.alternate || !tracker.atGround || !isIdle()) return;
    const lines = [...this.#lasting, ...(this.#passing === undefined ? [] : [this.#passing])];
    this.#lasting = [];
    this.#passing = undefined;
    for (const line of lines) {
      write(this.#startOf(line) + dimLine(line.text, color));
      this.#open = line;
      this.#trouble = line.weight === "passing";
    }
  }

  #startOf({ weight }: Line): string {
    const open = this.#open;
    if (open !== undefined) {
      const stays = open.weight === "lasting" || open.weight === "amends";
      return stays && weight !== "amends" ? "\r\n" : this.#eraseSequence(open);
    }
    const { lastByte } = this.#options.tracker;
    return lastByte === 0x0a || lastByte === 0 ? "\r" : "\r\n";
  }

  /** For every row that the line has wrapped to. */
  #eraseSequence({ text }: Line): string {
    const rows = Math.max(1, Math.ceil((text.length + "[]".length) / Math.max(1, this.#options.cols())));
    return `\r\u001b[2K${"\u001b[A\u001b[2K".repeat(rows - 1)}`;
  }
}
