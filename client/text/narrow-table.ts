// A table that is too wide for its terminal: the columns that have no room go into lines below their row.
import { fitTable, type Measure, type TableFit, textWidth } from "./fit-table.js";

/** A column that may go below, and what it is called there. `own`: on a line of its own, because it is to be copied. */
export interface BelowColumn {
  readonly column: number;
  readonly word: string;
  readonly own?: true;
}

export interface NarrowTable {
  /** One for each row; no line is wider than the terminal unless a column that may not be cut is. */
  readonly lines: readonly string[];
  /** For each row but the head: what went below it. */
  readonly below: readonly (readonly string[])[];
}

/**
 * @param steps which columns go below, each time more of them, until what is left fits
 * @param mild the cuts that are made before another column goes; those of `fit` only when none is left to go
 */
export function narrowTable(
  rows: readonly (readonly string[])[],
  steps: readonly (readonly BelowColumn[])[],
  mild: TableFit["cut"],
  fit: TableFit & { readonly width: number },
): NarrowTable {
  const { measure, width } = fit;
  let last: NarrowTable = { lines: [], below: [] };
  for (const [index, gone] of steps.entries()) {
    const columns = new Set(gone.map(({ column }) => column));
    const kept = rows.map((row) => row.filter((_, column) => !columns.has(column)));
    const lines = fitTable(kept, index === steps.length - 1 ? fit : { ...fit, cut: mild }).split("\n");
    last = { lines, below: rows.slice(1).map((row) => belowLines(row, gone)) };
    if (lines.every((line) => textWidth(line, measure) <= width)) break;
  }
  return last;
}

/** Broken between words, where a line is wider than the terminal; a word that is wider goes on in the next line. */
export function wrapBelow(line: string, width: number, measure: Measure): string[] {
  if (textWidth(line, measure) <= width) return [line];
  const lines: string[] = [];
  let text = " ";
  for (const word of line.split(" ").filter(Boolean)) {
    if (text.trim() !== "" && textWidth(`${text} ${word}`, measure) > width) {
      lines.push(text);
      text = "   ";
    }
    text += " ";
    for (const character of word) {
      if (textWidth(text + character, measure) > width) {
        lines.push(text);
        text = "    ";
      }
      text += character;
    }
  }
  return [...lines, text];
}

function belowLines(row: readonly string[], gone: readonly BelowColumn[]): string[] {
  const shown = gone.filter(({ column }) => (row[column] ?? "-") !== "-");
  const text = ({ column, word }: BelowColumn) => `${word} ${row[column]}`;
  const short = shown.filter(({ own }) => own !== true).map(text);
  return [
    ...(short.length === 0 ? [] : [`  ${short.join(" · ")}`]),
    ...shown.filter(({ own }) => own === true).map((column) => `  ${text(column)}`),
  ];
}
