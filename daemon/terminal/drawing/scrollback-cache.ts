// Scrollback that has been drawn before: lines that have scrolled off never change, so each is drawn once.
import type { Terminal } from "@xterm/headless";
import type { XtermBuffer } from "../xterm/xterm-state.js";

/** Whole lines as a snapshot draws them, from plain style at their first column to plain style at the line after them. */
export interface ScrollbackChunk {
  readonly lines: number;
  readonly text: string;
}

/** Some 100 µs of drawing. */
const CHUNK_LINES = 64;

/**
 * Invariants: chunks follow each other without a gap, and hold lines above the screen only; a change of size, which moves
 * lines between scrollback and screen, empties the cache. It holds no more than the scrollback drawn once, and nothing
 * before the first snapshot: a shell that nobody looks at pays nothing.
 */
export class ScrollbackCache {
  readonly chunkLines: number;
  #lines: XtermBuffer["lines"] | undefined;
  #watch: { dispose(): void } | undefined;
  /** By the number of their first line, counted from when the watch began. */
  readonly #chunks = new Map<number, ScrollbackChunk>();
  /** The number of the line at index 0. */
  #top = 0;
  /** The number of the line after the last chunk. */
  #end = 0;

  constructor(terminal: Terminal, chunkLines = CHUNK_LINES) {
    this.chunkLines = chunkLines;
    terminal.onResize(() => this.#clear());
  }

  /** The chunk that begins with the line at index `y`. */
  get(buffer: XtermBuffer, y: number): ScrollbackChunk | undefined {
    return this.#lines === buffer.lines ? this.#chunks.get(this.#top + y) : undefined;
  }

  /** Where the first chunk that is not trimmed begins; undefined without one. */
  firstStart(buffer: XtermBuffer): number | undefined {
    if (this.#lines !== buffer.lines) return undefined;
    const [first] = this.#chunks.keys();
    return first === undefined ? undefined : first - this.#top;
  }

  add(buffer: XtermBuffer, y: number, chunk: ScrollbackChunk): void {
    if (this.#lines !== buffer.lines) {
      this.#clear();
      this.#lines = buffer.lines;
      this.#watch = buffer.lines.onTrim((count) => this.#trim(count));
    }
    const start = this.#top + y;
    // Lines before the first chunk were part of one that is trimmed, and will soon be too.
    if (this.#chunks.size > 0 && start !== this.#end) return;
    this.#chunks.set(start, chunk);
    this.#end = start + chunk.lines;
  }

  #trim(count: number): void {
    this.#top += count;
    for (const start of this.#chunks.keys()) {
      if (start >= this.#top) break;
      this.#chunks.delete(start);
    }
    if (this.#chunks.size === 0) this.#clear();
  }

  #clear(): void {
    this.#watch?.dispose();
    this.#watch = undefined;
    this.#lines = undefined;
    this.#chunks.clear();
    this.#top = 0;
    this.#end = 0;
  }
}
