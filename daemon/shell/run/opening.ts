// How the line that opens a run is typed, and what wipes it from the screen when it has done its work.
import { printable } from "../../../shared/names.js";
import { openingLine } from "./run-script.js";

export interface PromptPlace {
  readonly cols: number;
  /** The cursor's column at the end of the prompt, from 0. */
  readonly column: number;
  /** The line editor takes bracketed pastes: none of its keys and none of its helpers see what is in one. */
  readonly bracketedPaste: boolean;
}

export interface Opening {
  readonly keys: Uint8Array;
  /** From the row below the typed line back to the end of the prompt. */
  readonly wipe: string;
}

/** A space in front keeps it out of histories that look for it; typed by itself, because fish strips pasted ones. */
export function openingFor(nonce: string, { cols, column, bracketedPaste }: PromptPlace): Opening {
  const text = openingLine(nonce).trimStart();
  // Shells disagree about a line that just fills its last row.
  const spaces = (column + 1 + text.length) % cols === 0 ? "  " : " ";
  const rows = Math.floor((column + spaces.length + text.length) / cols) + 1;
  const body = bracketedPaste ? `\x1b[200~${text}\x1b[201~` : text;
  const forward = column === 0 ? "" : `\x1b[${column}C`;
  return { keys: Buffer.from(`${spaces}${body}\r`), wipe: `\r\x1b[${rows}A${forward}\x1b[J` };
}

const MAX_LINES = 12;
const MAX_LINE_CHARACTERS = 400;

/** The command as people see it at the prompt. */
export function shownCommand(command: string): string {
  const lines = command.replace(/\n+$/, "").split("\n");
  const shown = lines
    .slice(0, MAX_LINES)
    .map((line) => printable(line.replaceAll("\t", "    "), MAX_LINE_CHARACTERS));
  if (lines.length > MAX_LINES) shown.push(`… ${lines.length - MAX_LINES} more lines`);
  return shown.join("\n");
}
