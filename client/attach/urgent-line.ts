// A line that answers a key: said at once, also over a full-screen program, where it stands until the next key.

/** So long the line stands in a full-screen program at most. */
const OVER_MS = 8_000;

export interface UrgentLineOptions {
  /** On the last row of a full-screen program; false: there is none, or nothing may be said just now. */
  sayOver(text: string): boolean;
  /** As soon as there is room. */
  say(text: string): void;
  /** The screen was written over: it has to be drawn anew. */
  redraw(): void;
}

/** Invariant: whatever was written over is drawn anew, once. */
export class UrgentLine {
  readonly #options: UrgentLineOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: UrgentLineOptions) {
    this.#options = options;
  }

  say(text: string): void {
    clearTimeout(this.#timer);
    if (this.#options.sayOver(text)) this.#timer = setTimeout(() => this.end(), OVER_MS);
    else this.#options.say(text);
  }

  /** A key was typed: the line has been read. */
  end(): void {
    if (this.#timer === undefined) return;
    this.dispose();
    this.#options.redraw();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
