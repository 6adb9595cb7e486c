// Draws a buffer on a terminal of another size: the part around the cursor, from the top left corner, cut and never wrapped.

import type { XtermBuffer, XtermState } from "../xterm/xterm-state.js";
import type { DrawingView } from "./drawing-view.js";
import type { LineWriter } from "./line-writer.js";

const CSI = "\x1b[";

/** Lines drawn between two chances to stop. */
const LINES_PER_STEP = 32;

/**
 * The screen's first row stands on the terminal's first row, so that output that addresses rows goes where it belongs. On a
 * terminal with fewer rows the cursor's row may be the last one: what follows at the prompt is then seen.
 */
export function* drawFitted(
  writer: LineWriter,
  { rows }: Pick<XtermState, "rows">,
  buffer: XtermBuffer,
  { size, history }: DrawingView,
): Generator<string> {
  if (history && buffer.ybase > 0) {
    for (let y = 0; y < buffer.ybase; y++) {
      const line = buffer.lines.get(y);
      if (line !== undefined) writer.line(line);
      writer.newLine();
      if (y % LINES_PER_STEP === 0) yield writer.take();
    }
    writer.put(`${"\n".repeat(size.rows - 1)}${CSI}H`);
  }
  writer.put(`${CSI}?7l`);
  const top = Math.max(0, buffer.y - size.rows + 1);
  const count = Math.min(rows - top, size.rows);
  for (let row = 0; row < count; row++) {
    if (row > 0) writer.newLine();
    const line = buffer.lines.get(buffer.ybase + top + row);
    if (line !== undefined) writer.line(line, size.cols);
  }
  writer.plain();
  writer.put(`${CSI}?7h`);
}
