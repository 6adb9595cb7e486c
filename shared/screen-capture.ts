// A screen as plain data: lines of text with what they look like, and the cursor.

/** What can be seen of a style. Colours: a number of the palette, or `#rrggbb`; absent: the default. */
export interface Look {
  readonly fg?: number | string;
  readonly bg?: number | string;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: Underline;
  readonly underlineColor?: number | string;
  readonly blink?: true;
  readonly inverse?: true;
  readonly invisible?: true;
  readonly strikethrough?: true;
  readonly overline?: true;
  /** Where it links to: http and https only. */
  readonly link?: string;
}

export type Underline = "single" | "double" | "curly" | "dotted" | "dashed";

/** Characters that look alike. */
export interface CellSpan extends Look {
  readonly text: string;
  /** Columns. */
  readonly width: number;
}

export interface CellLine {
  /** As in the text of the screen: without blanks at its end. */
  readonly text: string;
  /** It continues the line before. */
  readonly wrapped?: true;
  /** From the first column on; together as wide as what the line shows, blanks at its end included where they show. */
  readonly spans: readonly CellSpan[];
}

export interface ScreenCapture {
  readonly cols: number;
  readonly rows: number;
  /** On the screen, from 0; `y` counts as `start` does. */
  readonly cursor: { readonly x: number; readonly y: number; readonly visible: boolean };
  /** What the program called its window. */
  readonly title?: string;
  /** A full-screen program has the screen. */
  readonly alternate: boolean;
  /** The program wants pastes marked (mode 2004). */
  readonly bracketedPaste: boolean;
  /** Number of the first line: 0 is the top of the screen, negative is in the scrollback. */
  readonly start: number;
  readonly lines: readonly CellLine[];
}
