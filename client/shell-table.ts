// The table that `ls` prints: one line for each shell, with -v also one for each of its clients.
import { printable } from "../shared/names.js";
import type { ShellInfo } from "../shared/rpc.js";
import { clientLines } from "./client-lines.js";
import { fitTable, type Measure, oneColumn } from "./fit-table.js";
import { formatDuration } from "./format.js";
import { lifeLines } from "./life-lines.js";

/** Widest title that a table shows, in characters. */
const MAX_TITLE = 40;

export interface TableLook {
  /** With what is needed to find the shell elsewhere, and who is attached. */
  readonly verbose: boolean;
  /** Of the terminal; absent: whatever it takes. */
  readonly width?: number;
  readonly measure?: Measure;
}

/** Cut when there is no room, in this order: the name, the size and the numbers never. */
const CUT = [
  { column: 6, least: 5 },
  { column: 2, least: 5 },
  { column: 1, least: 8 },
];
const VERBOSE_CUT = [
  { column: 11, least: 6 },
  { column: 2, least: 5 },
  { column: 8, least: 7 },
  { column: 9, least: 7 },
  { column: 1, least: 8 },
];

/** @param now milliseconds since 1970, for ages */
export function shellTable(shells: readonly ShellInfo[], now: number, look: TableLook): string {
  const { verbose, width, measure = oneColumn } = look;
  const cut = verbose ? VERBOSE_CUT : CUT;
  const lines = fitTable(shellRows(shells, now, verbose), { measure, width, cut }).split("\n");
  if (!verbose) return lines.join("\n");
  const clients = clientLines(shells, now);
  const lives = shells.map((shell) => lifeLines(shell, now));
  const below = (index: number) => [...(lives[index - 1] ?? []), ...(clients[index - 1] ?? [])];
  return lines.flatMap((line, index) => [line, ...below(index)]).join("\n");
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

/** `live`, `ended 0`, `ended SIG9`, `reconnecting (no route to host)`. */
export function stateText(shell: ShellInfo): string {
  if (shell.state === "ended") {
    if (shell.signal !== undefined) return `ended SIG${shell.signal}`;
    return `ended ${shell.exitCode ?? "?"}`;
  }
  return shell.reason === undefined || shell.state === "live"
    ? shell.state
    : `${shell.state} (${printable(shell.reason, 30)})`;
}

/** `local`, or the region and the runtime's own name in its ARN. */
export function whereText(shell: ShellInfo): string {
  if (shell.kind === "local") return "local";
  const runtime = shell.runtimeArn?.split("/").at(-1) ?? "agentcore";
  return printable(shell.region === undefined ? runtime : `${shell.region}/${runtime}`, 60);
}
