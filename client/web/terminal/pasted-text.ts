// What may be pasted, and what has to be asked about first: a line break runs what stands before it.
import { printable } from "../../../shared/names.js";

/** Lines that the question shows. */
const SHOWN_LINES = 6;
const SHOWN_COLUMNS = 120;
/** Our bound: a line that is longer is hardly what somebody means to type. Characters. */
const LONG_LINE = 5000;

export interface PasteQuestion {
  readonly title: string;
  /** The first lines, with what would turn or hide letters visible. */
  readonly excerpt: string;
}

/** Undefined when `text` is one line of a usual length, which runs nothing by itself. */
export function pasteQuestion(text: string): PasteQuestion | undefined {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.length === 1 && text.length <= LONG_LINE) return undefined;
  const shown = lines.slice(0, SHOWN_LINES).map((line) => cut(line));
  if (lines.length > SHOWN_LINES) shown.push("…");
  return { title: titleOf(lines, text.length), excerpt: shown.join("\n") };
}

function titleOf(lines: readonly string[], length: number): string {
  if (lines.length === 1) return `Paste ${length.toLocaleString("en")} characters?`;
  // A break at the end starts no line of its own, but it runs the one before.
  const count = lines.at(-1) === "" ? lines.length - 1 : lines.length;
  return count === 1 ? "Paste a line and run it?" : `Paste ${count} lines?`;
}

function cut(line: string): string {
  return printable(line.replaceAll("\t", "    "), SHOWN_COLUMNS);
}
