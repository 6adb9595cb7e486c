// Turns values into the text that people read: tables, durations, sizes of memory, and the one dim line.
import type { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { UnsavedState } from "../../shared/rpc.js";

export { formatBytes, formatDuration } from "../../shared/measures.js";

const DIM = "\u001b[2m";
const PLAIN = "\u001b[0m";

/** `[text]`, dim when `color`. No newline. */
export function dimLine(text: string, color: boolean): string {
  return color ? `${DIM}[${text}]${PLAIN}` : `[${text}]`;
}

/** Rows in columns that are as wide as their widest cell; two spaces between, none at the end of a line. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** What the daemon knows and a crash would undo; undefined when all is saved. */
export function unsavedLine({ stateUnsavedSince, stateUnsavedReason }: UnsavedState): string | undefined {
  if (stateUnsavedSince === undefined) return undefined;
  const since = new Date(stateUnsavedSince).toTimeString().slice(0, 5);
  return printable(`state not saved since ${since}: ${stateUnsavedReason ?? "unknown reason"}`, 500);
}

/** The one line for an error; an internal one shows its cause, because nobody else will. */
export function errorLine(error: AgentdError): string {
  const text = error.message.replaceAll(/\s*\n\s*/g, " ");
  if (error.code !== "internal" || error.cause === undefined) return printable(text, 500);
  const cause = error.cause instanceof Error ? error.cause.message : String(error.cause);
  return printable(`${text}: ${cause}`, 500);
}

/** The answer of a command that was asked for JSON and failed. */
export function errorJson(error: AgentdError): string {
  return jsonText({ v: 1, error: { code: error.code, message: errorLine(error) } });
}

/**
 * One line of JSON for people and scripts: what terminals act on (DEL, C1, overrides of the direction) and what some readers take for
 * the end of a line is escaped, as JSON.stringify does with C0 alone.
 */
export function jsonText(value: object): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
