// Turns values into the text that people read: tables, durations, sizes of memory, and the one dim line.
import type { AgentdError } from "../shared/errors.js";
import { printable } from "../shared/names.js";
import type { UnsavedState } from "../shared/rpc.js";

const DIM = "\u001b[2m";
const PLAIN = "\u001b[0m";

/** `[text]`, dim when `color`. No newline. */
export function dimLine(text: string, color: boolean): string {
  return color ? `${DIM}[${text}]${PLAIN}` : `[${text}]`;
}

/** Two units at most: `850ms` is `0s`, then `42s`, `2m5s`, `2h13m`, `3d4h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return twoUnits(seconds, 60, "m", 1, "s");
  if (seconds < 86_400) return twoUnits(seconds, 3600, "h", 60, "m");
  return twoUnits(seconds, 86_400, "d", 3600, "h");
}

function twoUnits(seconds: number, size: number, unit: string, nextSize: number, next: string): string {
  const rest = Math.floor((seconds % size) / nextSize);
  return `${Math.floor(seconds / size)}${unit}${rest === 0 ? "" : `${rest}${next}`}`;
}

/** Bytes in units of 1024 with one digit: `512 B`, `3.4 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[unit]}`;
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
