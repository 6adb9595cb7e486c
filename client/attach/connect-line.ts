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
  // What is printed after the cursor was placed is printed there: the character before it, once more.
  const last = behind.slice(0, cursors[0]?.index);
  const untouched =
    lineFeeds < rows - 1 || (lineFeeds === rows - 1 && !PRINTABLE.test(withoutSequences(last)));
  const lineFeedsLeft = rows - 1 - row;
  // The alternate screen belongs to its program alone.
  const alternate = /\u001b\[\?(?:47|1047|1049)h/.test(text);
  return { lastRowIsFree: untouched && !alternate && lineFeedsLeft > 0, lineFeedsLeft };
}

/** Read as Latin-1: every byte of a UTF-8 character counts. */
const PRINTABLE = /[^\u0000-\u0020\u007f]/;

function withoutSequences(text: string): string {
  return text
    .replace(/\u001b[\]P^_X][^\u0007\u001b]*(?:\u0007|\u001b\\)/g, "")
    .replace(/\u001b\[[\u0020-\u003f]*[\u0040-\u007e]/g, "")
    .replace(/\u001b[\u0020-\u002f]*[\u0030-\u007e]/g, "");
}

/**
 * Knows when the line has to go: before the output that may reach its row.
 *
 * Its sequences keep cursor, colours and origin mode by saving and restoring them. That takes the terminal's one slot for
 * a saved cursor, which programs on the main screen use only within one burst of output, and never across an attach.
 */
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

  /** Draws `text`, cut so that it does not wrap. */
  drawSequence(text: string, color: boolean): string {
    const room = Math.max(0, this.#cols - 1);
    const cut = text.length <= room ? text : `${text.slice(0, Math.max(0, room - 2))}…]`.slice(0, room);
    return this.#onLastRow(`${color ? `${CSI}2m` : ""}${cut}`);
  }

  get eraseSequence(): string {
    return this.#onLastRow(`${CSI}2K`);
  }

  #onLastRow(what: string): string {
    return `\u001b7${CSI}?6l${CSI}0m${CSI}${this.#rows};1H${what}\u001b8`;
  }
}
