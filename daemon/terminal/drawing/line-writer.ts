// Draws lines of cells: text, blanks with a background, and the soft wraps between lines.

import type { XtermExtended, XtermLine, XtermState } from "../xterm/xterm-state.js";
import { Bits, PLAIN, plainColor, type Style, sgrOf, styleOf } from "./sgr.js";

const WORDS_PER_CELL = 3;

/** A blank that shows something besides its background; it can only be drawn as a space. */
const VISIBLE_BLANK_FG = Bits.inverse | Bits.underline | Bits.strikethrough;

/**
 * Collects the drawing sequences and knows the style that they leave the terminal in.
 * Drawing assumes auto wrap on, insert mode off, US ASCII, origin mode off and full margins.
 */
export class LineWriter {
  readonly #state: XtermState;
  readonly #out: string[] = [];
  #sgr = "\x1b[m";
  #linkId = 0;
  #protected = false;
  /** Memo of the last style asked for, by the cell's raw words: neighbours mostly share it. */
  #lastFg = 0;
  #lastBg = 0;
  #lastExtended: XtermExtended | undefined;

  constructor(state: XtermState) {
    this.#state = state;
  }

  put(text: string): void {
    this.#out.push(text);
  }

  /** Everything written since the last call. */
  take(): string {
    return this.#out.splice(0).join("");
  }

  /** Brings the terminal to plain text from a style that is not known. */
  forgetStyle(): void {
    this.put('\x1b[0"q\x1b]8;;\x1b\\\x1b[m');
    this.#sgr = "\x1b[m";
    this.#linkId = 0;
    this.#protected = false;
    this.#remember(0, 0, undefined);
  }

  /** Emits what changes from the present style to `style`. */
  style(style: Style): void {
    this.#remember(-1, -1, undefined);
    const isProtected = (style.bg & Bits.protected) !== 0;
    const sgr = sgrOf(style);
    if (sgr !== this.#sgr) {
      this.put(sgr);
      this.#sgr = sgr;
      // xterm.js ends DECSCA with every SGR 0, others do not: said again, it is right in both.
      if (this.#protected && isProtected) this.put('\x1b[1"q');
    }
    if (isProtected !== this.#protected) {
      this.put(isProtected ? '\x1b[1"q' : '\x1b[0"q');
      this.#protected = isProtected;
    }
    const link = style.linkId === 0 ? undefined : this.#state.link(style.linkId);
    const linkId = link === undefined ? 0 : style.linkId;
    if (linkId === this.#linkId) return;
    this.put(
      link === undefined
        ? "\x1b]8;;\x1b\\"
        : `\x1b]8;${link.id === undefined ? "" : `id=${link.id}`};${link.uri}\x1b\\`,
    );
    this.#linkId = linkId;
  }

  plain(): void {
    this.style(PLAIN);
  }

  moveTo(x: number, y: number): void {
    this.put(`\x1b[${y + 1};${x + 1}H`);
  }

  /** Draws `line` from its first column, up to `limit` columns of it; returns the column that the cursor is left in (`cols`: a wrap is pending). */
  line(line: XtermLine, limit = this.#state.cols): number {
    const { cols } = this.#state;
    const end = drawnLength(line, Math.min(cols, limit));
    let x = 0;
    let cursor = 0;
    let text = "";
    let joinable = false;
    while (x < end) {
      if (isBlank(line, x)) {
        this.put(text);
        text = "";
        joinable = isVisibleBlank(line, x);
        const stop = blanksEnd(line, x, end);
        cursor = this.#blanks(line, x, stop);
        x = stop;
        continue;
      }
      const width = word(line, x, 0) >>> Bits.widthShift;
      if (!this.#isLastStyle(line, x)) {
        this.put(text);
        text = "";
        this.#cellStyle(line, x);
      }
      // xterm.js gives a combining character without a base a cell of its own: nothing to join may stand before it.
      if (width === 0 && joinable) {
        this.put(`${text}\x1b[${x + 1}G`);
        text = "";
      }
      text += charsAt(line, x);
      x += Math.max(1, width);
      cursor = Math.min(x, cols);
      joinable = width > 0;
      if (width === 2 && x === cols && !isRightHalf(line, cols - 1)) {
        this.put(text);
        text = "";
        cursor = this.#coveredHalf(line);
      }
    }
    this.put(text);
    return cursor;
  }

  /**
   * Goes to the start of the next line so that it counts as the continuation of this one.
   * @param endX what `line` returned for the line before.
   */
  softWrap(endX: number, previous: XtermLine, next: XtermLine): void {
    const { cols } = this.#state;
    if (endX === cols) {
      const first = word(next, 0, 0);
      const hasText = (first & Bits.hasContent) !== 0 && first >>> Bits.widthShift > 0;
      // The scrolled-in line takes the pen's background; a character that has none can do the wrap itself.
      if (hasText && (word(next, 0, 2) & Bits.colorMode) === 0) {
        this.#cellStyle(next, 0);
        return;
      }
      this.plain();
      this.put(hasText ? " \r" : " \r\x1b[X");
      return;
    }
    // The last cell is blank: a wide character does not fit into it, so it wraps and leaves it blank. The next line's own is
    // the best: the text then flows as it did at first, in terminals that measure it differently too.
    if (
      endX === cols - 1 &&
      plainColor(word(previous, cols - 1, 2)) === 0 &&
      word(next, 0, 0) >>> Bits.widthShift === 2
    ) {
      if (!isVisibleBlank(next, 0) && plainColor(word(next, 0, 2)) === 0) {
        this.#cellStyle(next, 0);
        return;
      }
    }
    if (endX !== cols - 1) this.put(`\x1b[${cols}G`);
    const bg = plainColor(word(previous, cols - 1, 2));
    this.style({ ...PLAIN, bg });
    this.put("\u3000\r");
    this.plain();
    this.put(bg === 0 ? "\x1b[2X" : `\x1b[${cols}X`);
  }

  /** Goes to the start of the next line, scrolling in a line without a background. */
  newLine(): void {
    if (this.#sgr !== "\x1b[m") this.plain();
    this.put("\r\n");
  }

  /** The style of the cell at `x` becomes the terminal's. */
  #cellStyle(line: XtermLine, x: number): void {
    const fg = word(line, x, 1);
    const bg = word(line, x, 2);
    const extended = line._extendedAttrs[x];
    this.style(styleOf(fg, bg, extended));
    this.#remember(fg, bg, extended);
  }

  #remember(fg: number, bg: number, extended: XtermExtended | undefined): void {
    this.#lastFg = fg;
    this.#lastBg = bg;
    this.#lastExtended = extended;
  }

  /**
   * Without auto wrap, xterm.js prints over the right half of a wide character in the last columns, or clears it, and leaves
   * the left half. Drawn the same way.
   */
  #coveredHalf(line: XtermLine): number {
    const { cols } = this.#state;
    this.put("\x1b[?7l");
    this.#cellStyle(line, cols - 1);
    const covered = isBlank(line, cols - 1);
    this.put(`${covered ? "\u3000" : charsAt(line, cols - 1)}\x1b[?7h`);
    return covered ? cols - 1 : cols;
  }

  #isLastStyle(line: XtermLine, x: number): boolean {
    return (
      word(line, x, 1) === this.#lastFg &&
      word(line, x, 2) === this.#lastBg &&
      line._extendedAttrs[x] === this.#lastExtended
    );
  }

  /** Draws the equal blanks from `x` to before `stop`; returns the cursor's column. */
  #blanks(line: XtermLine, x: number, stop: number): number {
    if (isVisibleBlank(line, x)) {
      this.#cellStyle(line, x);
      this.put(" ".repeat(stop - x));
      return stop;
    }
    const bg = plainColor(word(line, x, 2));
    if (bg !== 0) {
      this.style({ ...PLAIN, bg });
      this.put(`\x1b[${stop - x}X`);
    }
    // Moving cannot leave the line: after blanks at its end, the cursor is in its last column and no wrap is pending.
    const cursor = Math.min(stop, this.#state.cols - 1);
    if (cursor > x) this.put(cursor === x + 1 ? "\x1b[C" : `\x1b[${cursor - x}C`);
    return cursor;
  }
}

/** The characters of a cell that has some. */
export function charsAt(line: XtermLine, x: number): string {
  const content = word(line, x, 0);
  if ((content & Bits.combined) !== 0) return line._combined[x] ?? "";
  return String.fromCodePoint(content & Bits.codePoint);
}

/** One of a cell's three words, as xterm.js' signed arithmetic sees them. */
export function word(line: XtermLine, x: number, which: 0 | 1 | 2): number {
  return (line._data[x * WORDS_PER_CELL + which] ?? 0) | 0;
}

/** True where nothing was printed; also for the right half of a wide character whose left half is gone. */
export function isBlank(line: XtermLine, x: number): boolean {
  return (word(line, x, 0) & Bits.hasContent) === 0 && !isRightHalf(line, x);
}

export function isRightHalf(line: XtermLine, x: number): boolean {
  const content = word(line, x, 0);
  if ((content & Bits.hasContent) !== 0 || content >>> Bits.widthShift !== 0) return false;
  return x > 0 && word(line, x - 1, 0) >>> Bits.widthShift === 2;
}

/** True where a blank shows more than its background; for a character, whether its style would make a blank show. */
export function isVisibleBlank(line: XtermLine, x: number): boolean {
  const fg = word(line, x, 1);
  const bg = word(line, x, 2);
  if ((fg & VISIBLE_BLANK_FG) !== 0 || (bg & Bits.overline) !== 0) return true;
  return (bg & Bits.extended) !== 0 && styleOf(fg, bg, line._extendedAttrs[x]).underline !== 0;
}

/** The end of the run of blanks that look like the one at `x`. */
function blanksEnd(line: XtermLine, x: number, end: number): number {
  const visible = isVisibleBlank(line, x);
  const fg = word(line, x, 1);
  const bg = word(line, x, 2);
  let stop = x + 1;
  while (stop < end && isBlank(line, stop) && isVisibleBlank(line, stop) === visible) {
    const otherBg = word(line, stop, 2);
    const same = visible
      ? otherBg === bg && word(line, stop, 1) === fg && line._extendedAttrs[stop] === line._extendedAttrs[x]
      : plainColor(otherBg) === plainColor(bg);
    if (!same) break;
    stop++;
  }
  return stop;
}

/** The number of columns up to the last cell that shows something. */
export function drawnLength(line: XtermLine, cols: number): number {
  let end = Math.min(cols, line.length);
  while (
    end > 0 &&
    isBlank(line, end - 1) &&
    !isVisibleBlank(line, end - 1) &&
    plainColor(word(line, end - 1, 2)) === 0
  )
    end--;
  return end;
}
