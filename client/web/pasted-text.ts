// What may be pasted, and what has to be asked about first: a line break runs what stands before it.
import { printable } from "../../shared/names.js";

/** Lines that the question shows. */
const SHOWN_LINES = 6;
const SHOWN_COLUMNS = 120;

export interface PasteQuestion {
  readonly lines: number;
  /** The first lines, with what would turn or hide letters visible. */
  readonly excerpt: string;
}

/** Without the control characters that could end a bracketed paste or drive the terminal; line breaks and tabs stay. */
export function cleanPaste(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "");
}

/** Undefined when `text` is one line, which runs nothing by itself. */
export function pasteQuestion(text: string): PasteQuestion | undefined {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.length === 1) return undefined;
  const shown = lines.slice(0, SHOWN_LINES).map((line) => cut(line));
  if (lines.length > SHOWN_LINES) shown.push("…");
  // A break at the end starts no line of its own, but it runs the one before.
  return { lines: lines.at(-1) === "" ? lines.length - 1 : lines.length, excerpt: shown.join("\n") };
}

function cut(line: string): string {
  return printable(line.replaceAll("\t", "    "), SHOWN_COLUMNS);
}
