// The screen as text for people and scripts: one line of text per line of cells, optionally with colours.
import { charsAt, isBlank, word } from "./line-writer.js";
import { type LineRange, type ScreenLine, screenLines } from "./screen-lines.js";
import { Bits, sgrOf, styleOf } from "./sgr.js";
import type { XtermLine, XtermState } from "./xterm-state.js";

export interface TextOptions extends LineRange {
  /** With SGR sequences. */
  readonly ansi?: boolean;
}

/** Each line ends with a newline. Yields between lines, so that a long history can be read in slices. */
export function* screenText(state: XtermState, options: TextOptions): Generator<undefined, string> {
  let text = "";
  for (const line of screenLines(state, options)) {
    text += `${options.ansi === true ? line.parts.map(coloredLine).join("") : lineText(line)}\n`;
    yield;
  }
  return text;
}

/** Without blanks at its end; those in the midst of a joined line stay, as far as they were printed. */
export function lineText({ parts }: ScreenLine): string {
  return parts.map(plainText).join("").trimEnd();
}

/** What was printed, and blanks before it. */
function plainText(line: XtermLine): string {
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
