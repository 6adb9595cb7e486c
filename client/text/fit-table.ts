// A table as wide as the terminal: columns are as wide as what they show, and some are cut when there is no room.

/** How many columns a code point takes. */
export type Measure = (code: number) => number;

/** For text without anything but ASCII. */
export const oneColumn: Measure = () => 1;

export interface TableFit {
  readonly measure: Measure;
  /** Of the terminal; undefined: whatever it takes. */
  readonly width: number | undefined;
  /** Columns that may be cut, in this order, and what must be left of them. */
  readonly cut: readonly { readonly column: number; readonly least: number }[];
}

const GAP = 2;

/** The measure that `rows` need: the table of widths is loaded only where there is something wide. */
export async function measureFor(rows: readonly (readonly string[])[]): Promise<Measure> {
  if (rows.every((row) => row.every((cell) => /^[ -~\u2026]*$/.test(cell)))) return oneColumn;
  return (await import("../../shared/char-width.js")).charWidth;
}

/** Two spaces between columns, none at the end of a line. */
export function fitTable(rows: readonly (readonly string[])[], { measure, width, cut }: TableFit): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, textWidth(cell, measure));
    }
  }
  let over = widths.reduce((sum, each) => sum + each + GAP, -GAP) - (width ?? Number.POSITIVE_INFINITY);
  for (const { column, least } of cut) {
    const saved = Math.min(Math.max(0, over), Math.max(0, (widths[column] ?? 0) - least));
    widths[column] = (widths[column] ?? 0) - saved;
    over -= saved;
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const shown = cutText(cell, widths[column] ?? 0, measure);
          return shown + " ".repeat((widths[column] ?? 0) - textWidth(shown, measure));
        })
        .join(" ".repeat(GAP))
        .trimEnd(),
    )
    .join("\n");
}

export function textWidth(text: string, measure: Measure): number {
  let width = 0;
  for (const character of text) width += measure(character.codePointAt(0) ?? 0);
  return width;
}

/** At most `width` columns; what was cut off is an ellipsis. */
export function cutText(text: string, width: number, measure: Measure): string {
  if (textWidth(text, measure) <= width) return text;
  let shown = "";
  let left = width - 1;
  for (const character of text) {
    left -= measure(character.codePointAt(0) ?? 0);
    if (left < 0) break;
    shown += character;
  }
  return width < 1 ? "" : `${shown}…`;
}
