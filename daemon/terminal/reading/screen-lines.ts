// Which lines of a screen a reader asked for, and which of them are parts of one long line.
import type { XtermLine, XtermState } from "../xterm/xterm-state.js";

export interface LineRange {
  /** First line: 0 is the top of the screen, negative reaches into the scrollback of the normal screen. Default 0. */
  readonly start?: number;
  /** Last line, counted the same way. Default: the last of the screen. */
  readonly end?: number;
  /** Lines that the terminal broke at its right border become one again. */
  readonly join?: boolean;
}

export interface ScreenLine {
  /** More than one when it was joined. */
  readonly parts: readonly XtermLine[];
  /** It continues the line before it, which was longer than the screen is wide. */
  readonly wrapped: boolean;
}

/** From top to bottom. The terminal must not change meanwhile. */
export function* screenLines({ active, rows }: XtermState, range: LineRange): Generator<ScreenLine> {
  const bottom = active.ybase + rows;
  const from = Math.min(bottom, Math.max(0, active.ybase + (range.start ?? 0)));
  const until = Math.min(bottom, active.ybase + (range.end ?? rows - 1) + 1);
  let y = from;
  while (y < until) {
    const first = active.lines.get(y++);
    if (first === undefined) continue;
    const parts = [first];
    while (range.join === true && y < until) {
      const next = active.lines.get(y);
      if (next?.isWrapped !== true) break;
      parts.push(next);
      y++;
    }
    yield { parts, wrapped: first.isWrapped };
  }
}
