// The table that `ls` prints: one line for each shell, with -v also one for each of its clients.
import { printable } from "../../shared/names.js";
import type { ShellInfo } from "../../shared/rpc.js";
import { stateText as stateWords, whereText } from "../../shared/shell-text.js";
import { clientLines } from "./client-lines.js";
import { fitTable, type Measure, oneColumn, textWidth } from "./fit-table.js";
import { formatDuration } from "./format.js";
import { lifeLines } from "./life-lines.js";
import { type BelowColumn, narrowTable, wrapBelow } from "./narrow-table.js";

/** Widest title that a table shows, in characters. */
const MAX_TITLE = 40;
/** The same of a reason. */
const MAX_REASON = 30;

export interface TableLook {
  /** With what is needed to find the shell elsewhere, and who is attached. */
  readonly verbose: boolean;
  /** Of the terminal; absent: whatever it takes. */
  readonly width?: number;
  readonly measure?: Measure;
}

/** Cut when there is no room, in this order: the name, the size and the numbers never; of the state and of where first what is least needed. */
const CUT = [
  { column: 6, least: 5 },
  { column: 1, least: 20 },
  { column: 2, least: 12 },
  { column: 1, least: 8 },
  { column: 2, least: 5 },
];
/** A name is cut only where nothing else helps. */
const VERBOSE_CUT = [...CUT.slice(1), { column: 0, least: 8 }];

/** @param now milliseconds since 1970, for ages */
export function shellTable(shells: readonly ShellInfo[], now: number, look: TableLook): string {
  const { verbose, width, measure = oneColumn } = look;
  const rows = shellRows(shells, now, verbose);
  if (!verbose) return fitTable(rows, { measure, width, cut: CUT });
  const wide = fitTable(rows, { measure, width: undefined, cut: [] }).split("\n");
  const isTooWide = width !== undefined && wide.some((line) => textWidth(line, measure) > width);
  const { lines, below } = isTooWide
    ? narrowTable(rows, BELOW, CUT.slice(1, 3), { measure, width, cut: VERBOSE_CUT })
    : { lines: wide, below: [] };
  const clients = clientLines(shells, now);
  return lines
    .flatMap((line, index) => {
      const shell = shells[index - 1];
      if (shell === undefined) return [line];
      const more = [...(below[index - 1] ?? []), ...lifeLines(shell, now), ...(clients[index - 1] ?? [])];
      return [
        line,
        ...more.flatMap((text) => (width === undefined ? text : wrapBelow(text, width, measure))),
      ];
    })
    .join("\n");
}

/** The cells, the head first. */
export function shellRows(shells: readonly ShellInfo[], now: number, verbose: boolean): string[][] {
  const head = ["NAME", "STATE", "WHERE", "SIZE", "CLIENTS", "AGE", ...(verbose ? VERBOSE_HEAD : ["TITLE"])];
  const rows = shells.map((shell) => [
    shell.name,
    stateText(shell),
    whereText(shell),
    sizeText(shell, verbose),
    String(shell.clients),
    formatDuration(now - Date.parse(shell.createdAt)),
    ...(verbose ? verboseCells(shell, now) : [printable(shell.title ?? "", MAX_TITLE)]),
  ]);
  return [head, ...rows];
}

/** Columns of a row with -v that go below it where there is no room. Ids are of use only whole, to be copied. */
const IDS: readonly BelowColumn[] = [
  { column: 8, word: "runtime session", own: true },
  { column: 9, word: "shell id", own: true },
  { column: 11, word: "labels", own: true },
];
const NUMBERS: readonly BelowColumn[] = [
  { column: 4, word: "clients" },
  { column: 5, word: "age" },
  { column: 6, word: "idle" },
  { column: 7, word: "pid" },
  { column: 10, word: "bytes lost" },
];
const BELOW: readonly (readonly BelowColumn[])[] = [
  IDS,
  [...NUMBERS.slice(3), ...IDS],
  [...NUMBERS, ...IDS],
  [{ column: 3, word: "size" }, ...NUMBERS, ...IDS],
];
const VERBOSE_HEAD = ["IDLE", "PID", "RUNTIME SESSION", "SHELL ID", "LOST", "LABELS"];

function verboseCells(shell: ShellInfo, now: number): string[] {
  const labels = Object.entries(shell.labels).map(([key, value]) => printable(`${key}=${value}`));
  return [
    idleText(shell, now),
    shell.pid === undefined ? "-" : String(shell.pid),
    shell.runtimeSessionId,
    shell.shellId,
    String(shell.bytesLost),
    labels.join(",") || "-",
  ];
}

/** How long nothing was typed or printed; `-` while that is not known. */
export function idleText({ activeAt }: Pick<ShellInfo, "activeAt">, now: number): string {
  return activeAt === undefined ? "-" : formatDuration(now - Date.parse(activeAt));
}

/** What decides the size is said where it is not the usual. */
function sizeText({ cols, rows, sizePolicy }: ShellInfo, verbose: boolean): string {
  return `${cols}x${rows}${verbose && sizePolicy !== undefined ? ` ${sizePolicy}` : ""}`;
}

/** As `stateText` of every client, with a reason that a table has room for. */
export function stateText(shell: ShellInfo): string {
  return stateWords(shell, (reason) => printable(reason, MAX_REASON));
}
