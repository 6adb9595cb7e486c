// A grid of cells that the views draw on; what a terminal shows of it is frame-diff.ts' affair.
import { glyphs } from "./text-width.js";

export interface Cell {
  /** One character with its marks; empty: the right half of the wide one before it. */
  readonly text: string;
  /** Parameters of an SGR sequence, such as `1;32`; empty: plain. */
  readonly style: string;
}

const BLANK: Cell = { text: " ", style: "" };

/** Invariants: nothing is drawn outside the grid, no wide character is ever halved, and no cell holds a control character. */
export class Canvas {
  readonly cols: number;
  readonly rows: number;
  readonly #cells: Cell[];

  constructor(cols: number, rows: number) {
    this.cols = cols;
    this.rows = rows;
    this.#cells = new Array<Cell>(cols * rows).fill(BLANK);
  }

  cell(x: number, y: number): Cell {
    return this.#cells[y * this.cols + x] ?? BLANK;
  }

  /** Draws text in at most `width` columns, and answers with the column behind it. */
  put(x: number, y: number, text: string, style = "", width = this.cols - x): number {
    if (y < 0 || y >= this.rows || x < 0) return x;
    const end = Math.min(this.cols, x + width);
    let at = x;
    for (const glyph of glyphs(text)) {
      if (at + glyph.width > end) break;
      this.#set(at, y, { text: glyph.text, style });
      if (glyph.width === 2) this.#setHalf(at + 1, y, style);
      at += glyph.width;
    }
    return at;
  }

  /** Blanks of a style; `text`, of one column, instead of blanks. */
  fill(x: number, y: number, width: number, height: number, style = "", text = " "): void {
    for (let row = Math.max(0, y); row < Math.min(this.rows, y + height); row++)
      for (let at = Math.max(0, x); at < Math.min(this.cols, x + width); at++)
        this.#set(at, row, { text, style });
  }

  /** Another style for what is drawn there. */
  restyle(x: number, y: number, width: number, style: (before: string) => string): void {
    for (let at = x; at < Math.min(this.cols, x + width); at++) {
      const cell = this.cell(at, y);
      this.#cells[y * this.cols + at] = { text: cell.text, style: style(cell.style) };
    }
  }

  /** The text of a row, without blanks at its end. */
  text(y: number): string {
    let line = "";
    for (let x = 0; x < this.cols; x++) line += this.cell(x, y).text;
    return line.trimEnd();
  }

  /** A neighbour of which this takes a half becomes a blank. */
  #set(x: number, y: number, cell: Cell): void {
    const index = y * this.cols + x;
    if (x > 0 && this.cell(x, y).text === "")
      this.#cells[index - 1] = { text: " ", style: this.cell(x - 1, y).style };
    if (x + 1 < this.cols && this.cell(x + 1, y).text === "")
      this.#cells[index + 1] = { text: " ", style: this.cell(x + 1, y).style };
    this.#cells[index] = cell;
  }

  #setHalf(x: number, y: number, style: string): void {
    this.#set(x, y, { text: " ", style });
    // After the line above the cell before this one is still whole: it is no half.
    this.#cells[y * this.cols + x] = { text: "", style };
  }
}
