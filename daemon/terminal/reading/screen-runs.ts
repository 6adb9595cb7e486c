// A line of cells as runs of characters that look alike: what JSON and HTML of a screen are made of.
import type { Look, Underline } from "../../../shared/screen-capture.js";
import { charsAt, drawnLength, isBlank, word } from "../drawing/line-writer.js";
import { Bits, plainColor, type Style, styleOf } from "../drawing/sgr.js";
import type { XtermLine, XtermState } from "../xterm/xterm-state.js";
import { cellStep } from "./screen-text.js";

export interface Cell {
  readonly text: string;
  /** Columns: 1 or 2. */
  readonly width: number;
}

export interface Run {
  readonly cells: readonly Cell[];
  readonly look: Look;
}

const UNDERLINES: readonly Underline[] = ["single", "double", "curly", "dotted", "dashed"];

/** From the first column to the last one that shows something; neighbours differ in their look. */
export function runsOf(state: XtermState, line: XtermLine): Run[] {
  const end = drawnLength(line, state.cols);
  const runs: { cells: Cell[]; look: Look; key: string }[] = [];
  for (let x = 0; x < end; x += cellStep(line, x)) {
    const look = lookOf(state, styleOf(word(line, x, 1), word(line, x, 2), line._extendedAttrs[x]));
    const key = JSON.stringify(look);
    const cell = { text: isBlank(line, x) ? " " : charsAt(line, x), width: cellStep(line, x) };
    const last = runs.at(-1);
    if (last?.key === key) last.cells.push(cell);
    else runs.push({ cells: [cell], look, key });
  }
  return runs;
}

function lookOf(state: XtermState, { fg, bg, underline, underlineColor, linkId }: Style): Look {
  const link = linkId === 0 ? undefined : webLink(state.link(linkId)?.uri);
  const kind = UNDERLINES[underline - 1];
  return {
    ...color("fg", fg),
    ...color("bg", bg),
    ...((fg & Bits.bold) === 0 ? {} : { bold: true }),
    ...((bg & Bits.dim) === 0 ? {} : { dim: true }),
    ...((bg & Bits.italic) === 0 ? {} : { italic: true }),
    ...(kind === undefined ? {} : { underline: kind }),
    ...(kind === undefined || underlineColor === Bits.color ? {} : color("underlineColor", underlineColor)),
    ...((fg & Bits.blink) === 0 ? {} : { blink: true }),
    ...((fg & Bits.inverse) === 0 ? {} : { inverse: true }),
    ...((fg & Bits.invisible) === 0 ? {} : { invisible: true }),
    ...((fg & Bits.strikethrough) === 0 ? {} : { strikethrough: true }),
    ...((bg & Bits.overline) === 0 ? {} : { overline: true }),
    ...(link === undefined ? {} : { link }),
  };
}

function color<K extends string>(key: K, word: number): { readonly [k in K]?: number | string } {
  const plain = plainColor(word);
  if (plain === 0) return {};
  const value =
    (plain & Bits.colorMode) === Bits.rgb
      ? `#${(plain & 0xffffff).toString(16).padStart(6, "0")}`
      : plain & 0xff;
  return { [key]: value } as { readonly [k in K]?: number | string };
}

/** A program chose it: nothing but the web may be opened from what it printed. */
function webLink(uri: string | undefined): string | undefined {
  return uri !== undefined && /^https?:\/\/[^\s<>"'`\\\u0000-\u0020\u007f-\u009f]+$/i.test(uri)
    ? uri
    : undefined;
}
