// The screen of the selected shell, in its own colours, cropped to the pane.

import { parseAnsiLine } from "./ansi-line.js";
import type { Canvas } from "./canvas.js";
import type { Layout } from "./layout.js";
import type { TuiState } from "./state.js";

export function drawPreview(canvas: Canvas, { screen }: TuiState, { paneRows, ruleRow }: Layout): void {
  if (screen === undefined) return;
  screen.lines.slice(0, paneRows).forEach((line, row) => {
    let x = 0;
    for (const { style, text } of parseAnsiLine(line)) x = canvas.put(x, ruleRow + 1 + row, text, style);
  });
  const { cursor, top } = screen;
  if (cursor === undefined) return;
  const row = cursor.y - top;
  if (row < 0 || row >= paneRows || cursor.x >= canvas.cols) return;
  canvas.restyle(cursor.x, ruleRow + 1 + row, 1, (before) => (before === "" ? "7" : `${before};7`));
}
