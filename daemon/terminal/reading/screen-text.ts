// The screen as text for people and scripts: one line of text per line of cells, optionally with colours.
import { charsAt, isBlank, word } from "../drawing/line-writer.js";
import { Bits, sgrOf, styleOf } from "../drawing/sgr.js";
import type { XtermLine, XtermState } from "../xterm/xterm-state.js";
import { type LineRange, screenLines } from "./screen-lines.js";

export interface TextOptions extends LineRange {
  /** With SGR sequences. */
  readonly ansi?: boolean;
}

/** Each line ends with a newline. Yields the bytes that came with each row, so that a long history can be read in slices, and given up. */
export function* screenText(state: XtermState, options: TextOptions): Generator<number, string> {
  let text = "";
  for (const { parts } of screenLines(state, options)) {
    let line = "";
    for (const part of parts) {
      const row = options.ansi === true ? coloredLine(part) : plainText(part);
      line += row;
      yield Buffer.byteLength(row) + 1;
    }
    text += `${options.ansi === true ? line : line.trimEnd()}\n`;
  }
  return text;
}

/** What was printed, and blanks before it. Those at the end of a line are for the reader to cut. */
export function plainText(line: XtermLine): string {
  let end = line.length;
  while (end > 0 && isBlank(line, end - 1)) end--;
  let text = "";
  for (let x = 0; x < end; x += cellStep(line, x)) text += isBlank(line, x) ? " " : charsAt(line, x);
  return text;
}

/** Every line begins and ends plain, so that lines can be cut out and joined. */
export function coloredLine(line: XtermLine): string {
  let end = line.length;
  while (end > 0 && isBlank(line, end - 1) && (word(line, end - 1, 2) & Bits.colorMode) === 0) end--;
  const plain = "\x1b[m";
  let present = plain;
  let text = "";
  for (let x = 0; x < end; x += cellStep(line, x)) {
    const style = sgrOf(styleOf(word(line, x, 1), word(line, x, 2), line._extendedAttrs[x]));
    if (style !== present) text += style;
    present = style;
    text += isBlank(line, x) ? " " : charsAt(line, x);
  }
  return present === plain ? text : text + plain;
}

/** The columns of the character at `x`, 1 for one that has none of its own. */
export function cellStep(line: XtermLine, x: number): number {
  return Math.max(1, word(line, x, 0) >>> Bits.widthShift);
}
