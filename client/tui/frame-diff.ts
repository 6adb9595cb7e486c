// The bytes that turn what a terminal shows into the next frame: only the cells that differ.
import type { Canvas } from "./canvas.js";

const CSI = "\u001b[";
/** Terminals that know it show a frame at once; the others ignore it. */
const BEGIN = `${CSI}?2026h`;
const END = `${CSI}?2026l`;

/** Latin and the drawing characters: every terminal moves its cursor by one column for them. */
const SURE = /^[\x20-\u02ff\u2500-\u259f]$/;

/** @param before undefined: nobody knows what the terminal shows. Empty when there is nothing to do. */
export function frameDiff(before: Canvas | undefined, after: Canvas): string {
  const known = before?.cols === after.cols && before.rows === after.rows ? before : undefined;
  let out = "";
  let style: string | undefined;
  for (let y = 0; y < after.rows; y++) {
    /** Where the terminal's cursor is in this row; -1: elsewhere, or not known for sure. */
    let cursor = -1;
    for (let x = 0; x < after.cols; x++) {
      const cell = after.cell(x, y);
      // A half is drawn with its character, which differs when the half does, or is drawn again for it.
      if (cell.text === "") continue;
      const isWide = x + 1 < after.cols && after.cell(x + 1, y).text === "";
      if (known !== undefined && isSame(known, after, x, y) && (!isWide || isSame(known, after, x + 1, y)))
        continue;
      if (cursor !== x) out += `${CSI}${y + 1};${x + 1}H`;
      if (style !== cell.style) out += cell.style === "" ? `${CSI}m` : `${CSI}0;${cell.style}m`;
      style = cell.style;
      out += cell.text;
      cursor = SURE.test(cell.text) ? x + 1 : -1;
    }
  }
  if (known === undefined) out = `${CSI}m${CSI}2J${out}`;
  return out === "" ? "" : `${BEGIN}${out}${CSI}m${END}`;
}

function isSame(before: Canvas, after: Canvas, x: number, y: number): boolean {
  const was = before.cell(x, y);
  const is = after.cell(x, y);
  return was.text === is.text && was.style === is.style;
}
