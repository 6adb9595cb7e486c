// Turns terminal output into lines of text as they stood when they were finished: without sequences, what was written over is gone.
import { charWidth } from "../../shared/char-width.js";
import { alternateSwitch, OutputTokens, type Token } from "./output-tokens.js";

/** What continues a wide character in the cell to its right. */
const COVERED = "";
/** Our bound: a line that never ends is given out in parts. */
const MAX_CELLS = 64 * 1024;
/** Our bound on a character with its marks, in UTF-16 units: those beyond it are left out. */
const MAX_CELL_LENGTH = 64;
/** Sequences that go to another line, or begin a new page. */
const ELSEWHERE = new Set(["A", "B", "E", "F", "H", "f", "d", "L", "M", "S", "T", "r"]);

export interface LineTextOptions {
  /** Columns of the shell: a line editor goes back over the border of the screen. */
  readonly cols: number;
  /** What a full-screen program draws is skipped (the default), or given as lines too, in the order it is drawn. */
  readonly alternate?: "skip" | "keep";
  /** A full-screen program has the screen already. */
  readonly isAlternate?: boolean;
  /** A full-screen program has taken the screen. */
  onAlternate?(): void;
}

/**
 * Knows one line: what returns to its beginning (progress bars, line editors) is right, also where the line is longer than the screen;
 * what goes up to earlier lines begins a new one.
 */
export class LineText {
  readonly #tokens = new OutputTokens();
  readonly #keepsAlternate: boolean;
  #cols: number;
  #cells: string[] = [];
  #at = 0;
  readonly #onAlternate: (() => void) | undefined;
  #isAlternate: boolean;

  constructor({ cols, alternate = "skip", isAlternate = false, onAlternate }: LineTextOptions) {
    this.#cols = cols;
    this.#isAlternate = isAlternate;
    this.#onAlternate = onAlternate;
    this.#keepsAlternate = alternate === "keep";
  }

  /** The line that is not finished yet. */
  get rest(): string {
    return this.#text();
  }

  resize(cols: number): void {
    this.#cols = cols;
  }

  /** Begins with what stands on the cursor's line already. */
  begin(text: string, at: number): void {
    this.#cells = [];
    this.#at = 0;
    this.#print(text);
    this.#at = at;
  }

  /** The lines that `bytes` finish, without line ends. */
  *push(bytes: Uint8Array): Generator<string> {
    for (const token of this.#tokens.push(bytes)) {
      const toAlternate = alternateSwitch(token);
      if (toAlternate !== undefined && toAlternate !== this.#isAlternate) {
        yield* this.#break();
        this.#isAlternate = toAlternate;
        if (toAlternate) this.#onAlternate?.();
      }
      if (this.#isAlternate && !this.#keepsAlternate) continue;
      yield* this.#handle(token);
      if (this.#cells.length > MAX_CELLS) yield this.#take();
    }
  }

  *#handle(token: Token): Generator<string> {
    if (token.kind === "text") this.#print(token.text);
    else if (token.kind === "control") {
      if (token.character === "\n" || token.character === "\v" || token.character === "\f")
        yield* this.#feed();
      else this.#control(token.character);
    } else if (token.kind === "csi") {
      if (token.final === "A" && this.#at >= this.#cols) this.#at -= this.#cols;
      else if (ELSEWHERE.has(token.final) || (token.final === "J" && /^[23]/.test(token.parameters)))
        yield* this.#break();
      else this.#csi(token.final, token.parameters);
    } else if (token.text === "c") yield* this.#break();
  }

  /** A line feed inside a line that the border broke only goes down in it. */
  *#feed(): Generator<string> {
    const row = Math.floor(this.#at / this.#cols);
    const last = Math.floor(Math.max(0, this.#text().length - 1) / this.#cols);
    if (row < last && this.#at > 0) this.#at += this.#cols;
    else yield this.#take();
  }

  #print(text: string): void {
    for (const character of text) {
      const width = charWidth(character.codePointAt(0) ?? 0);
      if (width === 0) {
        const marked = this.#cells[this.#at - 1];
        if (marked !== undefined && marked.length < MAX_CELL_LENGTH)
          this.#cells[this.#at - 1] = marked + character;
        continue;
      }
      while (this.#cells.length < this.#at) this.#cells.push(" ");
      this.#cells[this.#at++] = character;
      if (width === 2) this.#cells[this.#at++] = COVERED;
    }
  }

  #control(character: string): void {
    if (character === "\r") this.#at = this.#rowStart();
    else if (character === "\b") this.#at = Math.max(0, this.#at - 1);
    else if (character === "\t") this.#moveTo(this.#column() + 8 - (this.#column() % 8));
  }

  /** Nothing but what is printed goes over the border: how far a line reaches is bounded by what came. */
  #moveTo(column: number): void {
    this.#at = this.#rowStart() + Math.min(column, this.#cols - 1);
  }

  #column(): number {
    return this.#at - this.#rowStart();
  }

  /** Right behind the last column the cursor still stands in that row. */
  #rowStart(): number {
    const at = this.#at > 0 && this.#at % this.#cols === 0 ? this.#at - 1 : this.#at;
    return at - (at % this.#cols);
  }

  #csi(final: string, parameters: string): void {
    const count = Math.min(1000, Math.max(1, Number.parseInt(parameters, 10) || 1));
    if (final === "K" || final === "J") this.#erase(parameters);
    else if (final === "C" || final === "a") this.#moveTo(this.#column() + count);
    else if (final === "D") this.#at = Math.max(0, this.#at - count);
    else if (final === "G" || final === "`") this.#moveTo(count - 1);
    else if (final === "P") this.#cells.splice(this.#at, count);
    else if (final === "@") this.#cells.splice(this.#at, 0, ...Array.from({ length: count }, () => " "));
    else if (final === "X") this.#cells.fill(" ", this.#at, this.#at + count);
  }

  #erase(parameters: string): void {
    if (parameters === "" || parameters === "0") this.#cells.length = Math.min(this.#cells.length, this.#at);
    else if (parameters === "1") this.#cells.fill(" ", 0, this.#at + 1);
    else if (parameters === "2") this.#cells.length = 0;
  }

  /** What stands is a line of its own, unless it is empty. */
  *#break(): Generator<string> {
    const text = this.#take();
    if (text !== "") yield text;
  }

  #take(): string {
    const text = this.#text();
    this.#cells = [];
    this.#at = 0;
    return text;
  }

  #text(): string {
    return this.#cells.join("").trimEnd();
  }
}
