// The screen as text for people and scripts: one line of text per line of cells, optionally with colours.
import { charsAt, isBlank, word } from "./line-writer.js";
import { Bits, sgrOf, styleOf } from "./sgr.js";
import type { XtermLine, XtermState } from "./xterm-state.js";

/** @param start first line; 0 is the top of the screen, negative reaches into the scrollback of the normal screen. */
export function screenText(state: XtermState, start: number, ansi: boolean): string {
  const { active, rows } = state;
  const end = active.ybase + rows;
  let text = "";
  for (let y = Math.min(end, Math.max(0, active.ybase + start)); y < end; y++) {
    const line = active.lines.get(y);
    text += `${line === undefined ? "" : ansi ? coloredLine(line) : plainLine(line)}\n`;
  }
  return text;
}

function plainLine(line: XtermLine): string {
  let text = "";
  for (let x = 0; x < line.length; x += cellStep(line, x)) text += isBlank(line, x) ? " " : charsAt(line, x);
  return text.trimEnd();
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

function cellStep(line: XtermLine, x: number): number {
  return Math.max(1, word(line, x, 0) >>> Bits.widthShift);
}
