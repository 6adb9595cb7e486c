// The line that says how to leave: on the last row of the screen, as long as the shell does not need that row.
import type { Size } from "../../shared/size.js";

const CSI = "\u001b[";

/** What a snapshot leaves free, for a terminal of `rows` rows. */
export interface Room {
  /** Nothing is drawn on the last row. */
  readonly lastRowIsFree: boolean;
  /** Line feeds until the cursor stands on the last row. */
  readonly lineFeedsLeft: number;
}

/**
 * Looks at the drawing bytes of a whole snapshot, which draws from the top with one line feed per row. When in doubt, the
 * last row is not free.
 */
export function roomBelow(snapshot: Uint8Array, rows: number): Room {
  const text = new TextDecoder("latin1").decode(snapshot);
  const lineFeeds = text.split("\n").length - 1;
  const behind = text.slice(text.lastIndexOf("\n") + 1);
  const cursors = [...behind.matchAll(/\u001b\[(\d+)?(?:;\d*)?H/g)];
  const row = cursors.length === 0 ? lineFeeds : Number(cursors.at(-1)?.[1] ?? 1) - 1;
  const untouched =
    lineFeeds < rows - 1 || (lineFeeds === rows - 1 && !/[^\s]/.test(withoutSequences(behind)));
  const lineFeedsLeft = rows - 1 - row;
  // The alternate screen belongs to its program alone.
  const alternate = /\u001b\[\?(?:47|1047|1049)h/.test(text);
  return { lastRowIsFree: untouched && !alternate && lineFeedsLeft > 0, lineFeedsLeft };
}

function withoutSequences(text: string): string {
  return text
    .replace(/\u001b[\]P^_X][^\u0007\u001b]*(?:\u0007|\u001b\\)/g, "")
    .replace(/\u001b\[[\u0020-\u003f]*[\u0040-\u007e]/g, "")
    .replace(/\u001b[\u0020-\u002f]*[\u0030-\u007e]/g, "");
}

/** Draws `text` on the last row and goes home; for a blank screen that the snapshot will be drawn on. */
export function drawLastRow(text: string, { cols, rows }: Size, color: boolean): string {
  const visible = text.slice(0, Math.max(0, cols - 1));
  return `${CSI}${rows};1H${color ? `${CSI}2m${visible}${CSI}0m` : visible}${CSI}H`;
}

/** Says when the line has to go: before the output that may reach its row. */
export class ConnectLine {
  readonly #rows: number;
  readonly #cols: number;
  #left: number;

  constructor(room: Room, size: Size) {
    this.#rows = size.rows;
    this.#cols = size.cols;
    this.#left = room.lineFeedsLeft;
  }

  /** True when `output` may reach the last row. Wrapped lines count like line feeds. */
  mustGo(output: Uint8Array): boolean {
    let lines = Math.floor(output.length / this.#cols);
    for (let at = output.indexOf(10); at !== -1; at = output.indexOf(10, at + 1)) lines++;
    this.#left -= lines;
    return this.#left <= 0;
  }

  /** Blanks the row and leaves cursor, colours and origin mode as they were. */
  get eraseSequence(): string {
    return `\u001b7${CSI}?6l${CSI}0m${CSI}${this.#rows};1H${CSI}2K\u001b8`;
  }
}
