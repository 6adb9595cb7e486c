// The last lines of what a shell has printed, and the place in the output behind them.
import { AgentdError } from "../../shared/errors.js";
import type { CellLine } from "../../shared/screen-capture.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";
import { ALL_HISTORY, CAPTURE_LIMIT_MS } from "../history-limits.js";
import type { Place } from "./shell-follower.js";
import { spansAnsi } from "./spans-ansi.js";

/** A line of output; what the border of the screen broke is one. */
export interface PrintedLine {
  readonly text: string;
  /** The same with SGR sequences. */
  readonly ansi: string;
}

export interface LastLines {
  /** Finished lines, and at the end the one that the cursor stands on when there is something on it. */
  readonly lines: readonly PrintedLine[];
  /** On the cursor's line: what was printed, blanks at its end included, and where the cursor is in it. */
  readonly open: { readonly text: string; readonly ansi: string; readonly at: number };
  readonly place: Place;
  /** Columns of the shell. */
  readonly cols: number;
  /** A full-screen program has the screen: the lines are what it draws. */
  readonly alternate: boolean;
}

/** @param count how many lines. Below the cursor's line is nothing that was printed last. */
export async function lastLines(
  connection: DaemonConnection,
  name: string,
  count: number,
): Promise<LastLines> {
  const found = await fetchLines(connection, name, -count);
  // Long lines are fewer than the rows they take.
  const isShort = found.lines.length < count && !found.isAll;
  const { lines, ...rest } = isShort
    ? await fetchLines(connection, name, ALL_HISTORY).catch((error) => orElse(error, found))
    : found;
  return { ...rest, lines: count === 0 ? [] : lines.slice(-count) };
}

/** Of a history that does not fit into an answer some lines are better than none. */
function orElse<T>(error: unknown, fallback: T): T {
  if (error instanceof AgentdError && error.code === "too_large") return fallback;
  throw error;
}

async function fetchLines(connection: DaemonConnection, name: string, start: number) {
  const params = { name, format: "json", start } as const;
  const { screen, epoch, offset } = await connection.call("shell.capture", params, CAPTURE_LIMIT_MS);
  if (screen === undefined) throw new AgentdError("internal", "agentd answered without a screen");
  const { alternate, cols, cursor } = screen;
  const rows = screen.lines.slice(0, cursor.y - screen.start + 1);
  const joined = joinRows(rows);
  const last = joined.at(-1) ?? [];
  const text = printed(last);
  return {
    lines: (text.trimEnd() === "" ? joined.slice(0, -1) : joined).map((parts) => ({
      text: printed(parts).trimEnd(),
      ansi: parts.map(({ spans }) => spansAnsi(spans)).join(""),
    })),
    open: {
      text,
      ansi: last.map(({ spans }) => spansAnsi(spans)).join(""),
      at: Math.max(0, last.length - 1) * cols + cursor.x,
    },
    place: { epoch, offset },
    cols,
    alternate,
    isAll: screen.start > start,
  };
}

function joinRows(rows: readonly CellLine[]): CellLine[][] {
  const joined: CellLine[][] = [];
  for (const row of rows) {
    const last = joined.at(-1);
    if (row.wrapped === true && last !== undefined) last.push(row);
    else joined.push([row]);
  }
  return joined;
}

function printed(parts: readonly CellLine[]): string {
  return parts.flatMap(({ spans }) => spans.map(({ text }) => text)).join("");
}
