// The screen as plain data: lines of text with what they look like, and the cursor.
import type { CellLine, CellSpan, ScreenCapture } from "../../../shared/screen-capture.js";
import type { XtermState } from "../xterm/xterm-state.js";
import type { LineRange } from "./screen-lines.js";
import { screenLines } from "./screen-lines.js";
import { type Run, runsOf } from "./screen-runs.js";
import { plainText } from "./screen-text.js";

/** What JSON takes for a span beside its text and its link, about. */
const SPAN_BYTES = 64;

/** Yields the bytes that came with each row, about, so that a long history can be read in slices, and given up. */
export function* screenCells(state: XtermState, range: LineRange): Generator<number, ScreenCapture> {
  const { active, alternate, cols, cursorHidden, dec, rows } = state;
  const lines: CellLine[] = [];
  for (const { parts, wrapped } of screenLines(state, range)) {
    const spans: CellSpan[] = [];
    let text = "";
    for (const part of parts) {
      const own = runsOf(state, part).map(spanOf);
      spans.push(...own);
      text += plainText(part);
      yield own.reduce(
        (sum, span) => sum + SPAN_BYTES + 2 * Buffer.byteLength(span.text) + (span.link?.length ?? 0),
        SPAN_BYTES,
      );
    }
    lines.push({ text: text.trimEnd(), ...(wrapped ? { wrapped: true } : {}), spans });
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

function spanOf({ cells, look }: Run): CellSpan {
  return {
    text: cells.map(({ text }) => text).join(""),
    width: cells.reduce((sum, { width }) => sum + width, 0),
    ...look,
  };
}
