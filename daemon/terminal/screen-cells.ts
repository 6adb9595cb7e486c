// The screen as plain data: lines of text with what they look like, and the cursor.
import type { CellLine, ScreenCapture } from "../../shared/screen-capture.js";
import type { LineRange } from "./screen-lines.js";
import { screenLines } from "./screen-lines.js";
import { runsOf } from "./screen-runs.js";
import { lineText } from "./screen-text.js";
import type { XtermState } from "./xterm-state.js";

/** Yields between lines, so that a long history can be read in slices. */
export function* screenCells(state: XtermState, range: LineRange): Generator<undefined, ScreenCapture> {
  const { active, alternate, cols, cursorHidden, dec, rows } = state;
  const lines: CellLine[] = [];
  for (const line of screenLines(state, range)) {
    const runs = line.parts.flatMap((part) => runsOf(state, part));
    lines.push({
      text: lineText(line),
      ...(line.wrapped ? { wrapped: true } : {}),
      spans: runs.map(({ cells, look }) => ({
        text: cells.map(({ text }) => text).join(""),
        width: cells.reduce((sum, { width }) => sum + width, 0),
        ...look,
      })),
    });
    yield;
  }
  return {
    cols,
    rows,
    // While a wrap is pending the cursor stands behind the last column.
    cursor: { x: Math.min(active.x, cols - 1), y: active.y, visible: !cursorHidden },
    alternate: active === alternate,
    bracketedPaste: dec.bracketedPasteMode,
    start: Math.max(-active.ybase, Math.min(rows, range.start ?? 0)),
    lines,
  };
}
