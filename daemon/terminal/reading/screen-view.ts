// The part of a screen that a preview shows: lines with colours, and where the cursor is.
import type { ScreenFrame } from "../../../shared/screen-frame.js";
import type { XtermState } from "../xterm/xterm-state.js";
import { coloredLine } from "./screen-text.js";

export type ScreenView = Omit<ScreenFrame, "name">;

/** What cells may hold and a preview must not: overrides of the direction, which would reach beyond it, and line separators. */
const UNSAFE = /[\u0080-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** At most `maxRows` lines, those that hold the cursor: what is above it is seen before what is below. Yields between lines. */
export function* screenView(
  { active, cols, cursorHidden, rows }: XtermState,
  maxRows: number,
): Generator<undefined, ScreenView> {
  const top = Math.max(0, Math.min(active.y - maxRows + 1, rows - maxRows));
  const lines: string[] = [];
  for (let y = top; y < Math.min(rows, top + maxRows); y++) {
    const line = active.lines.get(active.ybase + y);
    lines.push(line === undefined ? "" : coloredLine(line).replace(UNSAFE, "\ufffd"));
    yield;
  }
  // While a wrap is pending the cursor stands behind the last column.
  const cursor = { x: Math.min(active.x, cols - 1), y: active.y };
  return { cols, rows, top, lines, ...(cursorHidden ? {} : { cursor }) };
}
