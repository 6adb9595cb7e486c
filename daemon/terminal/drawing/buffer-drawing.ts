// Draws a buffer's lines from top to bottom: the scrollback in chunks that are kept, then the screen.

import type { XtermBuffer, XtermState } from "../xterm/xterm-state.js";
import type { LineWriter } from "./line-writer.js";
import type { ScrollbackCache } from "./scrollback-cache.js";

const CSI = "\x1b[";

/** Lines drawn between two chances to stop: some 50 µs of work. */
const LINES_PER_STEP = 32;
/** A line that wraps over more than this many chunks is drawn anew each time. */
const MAX_CHUNKS_PER_LINE = 4;

interface Extent {
  /** The first line to draw; default: the top of the scrollback. */
  readonly from?: number;
  /** Of this buffer. */
  readonly cache?: ScrollbackCache | undefined;
}

/** Everything from there to the last line of the screen, in plain style at the end. */
export function* drawBuffer(
  writer: LineWriter,
  state: XtermState,
  buffer: XtermBuffer,
  { from = 0, cache }: Extent = {},
): Generator<string> {
  const count = buffer.ybase + state.rows;
  if (buffer.lines.get(from)?.isWrapped && state.rows > 1) continuedTopLine(writer, state);
  let y = from;
  while (cache !== undefined && y < buffer.ybase) {
    const known = cache.get(buffer, y);
    if (known !== undefined) {
      yield writer.take() + known.text;
      y += known.lines;
      continue;
    }
    const end = chunkEnd(buffer, y, cache);
    if (end === undefined) break;
    yield writer.take();
    for (const _ of drawLines(writer, buffer, y, end));
    writer.plain();
    writer.newLine();
    const text = writer.take();
    cache.add(buffer, y, { lines: end - y, text });
    yield text;
    y = end;
  }
  for (const _ of drawLines(writer, buffer, y, count)) yield writer.take();
  writer.plain();
}

/** Draws from the first column of line `from` to the last character of the line before `to`. */
function* drawLines(writer: LineWriter, buffer: XtermBuffer, from: number, to: number): Generator<void> {
  let previous = buffer.lines.get(from);
  if (previous === undefined) return;
  let endX = writer.line(previous);
  for (let y = from + 1; y < to; y++) {
    const line = buffer.lines.get(y);
    if (line === undefined) break;
    if (line.isWrapped) writer.softWrap(endX, previous, line);
    else writer.newLine();
    endX = writer.line(line);
    previous = line;
    if (y % LINES_PER_STEP === 0) yield;
  }
}

/**
 * Where a chunk that begins at `from` ends: before a line that continues no other, and never will, since it has scrolled off
 * too (programs can move a continuation to the first line of the screen).
 */
function chunkEnd(buffer: XtermBuffer, from: number, cache: ScrollbackCache): number | undefined {
  const next = cache.firstStart(buffer);
  if (next !== undefined && next > from) return next;
  const longest = Math.min(buffer.ybase - 1, from + MAX_CHUNKS_PER_LINE * cache.chunkLines);
  for (let y = from + cache.chunkLines; y <= longest; y++) if (!buffer.lines.get(y)?.isWrapped) return y;
  return undefined;
}

/** The top line continues a line that is gone: wraps into the second line, and deletes the first. */
function continuedTopLine(writer: LineWriter, state: XtermState): void {
  writer.put(`${CSI}${state.cols}G  ${CSI}H${CSI}M${CSI}X`);
}
