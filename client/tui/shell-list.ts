// The list of the shells: columns that are as wide as what is in them, the least important ones first to go.
import type { ShellInfo } from "../../shared/rpc.js";
import { whereText } from "../../shared/shell-text.js";
import { formatBytes, formatDuration } from "../text/format.js";
import { idleText, stateText } from "../text/shell-table.js";
import type { Canvas } from "./canvas.js";
import type { Layout } from "./layout.js";
import { Style, stateStyle } from "./palette.js";
import { idOf, type TuiState, visibleShells } from "./state.js";
import { fitText, padText, textWidth } from "./text-width.js";

interface Column {
  readonly head: string;
  readonly text: (shell: ShellInfo, now: number) => string;
  readonly style: (shell: ShellInfo) => string;
  readonly isRight?: boolean;
  /** Wider than this it is cut. */
  readonly max: number;
  /** The lowest goes first when there is no room. */
  readonly rank: number;
}

const GAP = 2;
const MARGIN = 1;
/** A title with less room than this says nothing. */
const MIN_TITLE = 8;

const faint = () => Style.faint;
const plain = () => Style.plain;

const columns: readonly Column[] = [
  { head: "NAME", text: ({ name }) => name, style: () => Style.strong, max: 28, rank: 9 },
  { head: "STATE", text: (shell) => `● ${stateText(shell)}`, style: stateStyle, max: 26, rank: 8 },
  { head: "WHERE", text: whereText, style: plain, max: 30, rank: 5 },
  { head: "CLIENTS", text: clientsText, style: plain, max: 16, rank: 4 },
  { head: "IDLE", text: idleText, style: plain, isRight: true, max: 7, rank: 6 },
  { head: "LINK", text: linkText, style: faint, isRight: true, max: 7, rank: 2 },
  { head: "LOST", text: lostText, style: () => Style.busy, isRight: true, max: 9, rank: 7 },
  { head: "LABELS", text: labelsText, style: () => Style.label, max: 24, rank: 1 },
];

/** How many are attached, and the terminal of the one that leads. */
function clientsText({ attached, clients }: ShellInfo): string {
  if (clients === 0) return "-";
  const tty = attached.find(({ leads }) => leads)?.tty?.replace(/^\/dev\//, "");
  return tty === undefined ? String(clients) : `${clients} ${tty}`;
}

/** Age of the connection. */
function linkText({ connectedAt }: ShellInfo, now: number): string {
  return connectedAt === undefined ? "-" : formatDuration(now - Date.parse(connectedAt));
}

function lostText({ bytesLost, possibleGap }: ShellInfo): string {
  return bytesLost > 0 ? formatBytes(bytesLost) : possibleGap === undefined ? "" : "gap?";
}

function labelsText({ labels }: ShellInfo): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}

interface Placed extends Column {
  readonly x: number;
  readonly width: number;
}

/** The columns that fit, with their places; what is left of the row is for the title. */
function place(shells: readonly ShellInfo[], now: number, cols: number): readonly Placed[] {
  let chosen = columns
    .map((column) => {
      const widths = shells.map((shell) => textWidth(column.text(shell, now)));
      const widest = Math.max(0, ...widths);
      // Ages change every second, and the columns must not dance.
      const least = column.isRight === true && widest > 0 ? Math.max(widest, 6) : widest;
      return {
        ...column,
        width: Math.min(column.max, Math.max(column.head.length, least)),
        isEmpty: widest === 0,
      };
    })
    .filter(({ head, isEmpty }) => !isEmpty || head === "NAME");
  const needed = () => chosen.reduce((sum, { width }) => sum + width + GAP, MARGIN + MIN_TITLE);
  while (chosen.length > 2 && needed() > cols) {
    const least = Math.min(...chosen.map(({ rank }) => rank));
    chosen = chosen.filter(({ rank }) => rank !== least);
  }
  let x = MARGIN;
  return chosen.map((column) => {
    const placed = { ...column, x };
    x += column.width + GAP;
    return placed;
  });
}

export function drawShellList(canvas: Canvas, state: TuiState, { listRows, listTop }: Layout): void {
  const shells = visibleShells(state);
  // Of all shells, so that scrolling does not move the columns.
  const placed = place(shells, state.now, canvas.cols);
  const last = placed.at(-1);
  const titleX = last === undefined ? MARGIN : last.x + last.width + GAP;
  if (shells.length === 0) drawNothing(canvas, state, listTop);
  for (const { head, isRight, width, x } of placed)
    canvas.put(x, listTop - 1, isRight === true ? head.padStart(width) : head, Style.faint, width);
  canvas.put(titleX, listTop - 1, "TITLE", Style.faint);
  shells.slice(state.scroll, state.scroll + listRows).forEach((shell, row) => {
    const y = listTop + row;
    for (const { isRight, style, text, width, x } of placed) {
      const cell = fitText(text(shell, state.now), width);
      canvas.put(isRight === true ? x + width - textWidth(cell) : x, y, cell, style(shell), width);
    }
    canvas.put(titleX, y, padText(shell.title ?? "", canvas.cols - titleX - MARGIN));
    // Plain under the bar: colours of text would become colours of the bar.
    if (idOf(shell) === state.selected)
      canvas.restyle(0, y, canvas.cols, (before) => (before === Style.strong ? "1;7" : Style.selected));
  });
  if (shells.length > listRows) drawPosition(canvas, state, shells.length, { listRows, listTop });
}

/** Which part of a longer list is shown. */
function drawPosition(
  canvas: Canvas,
  { scroll }: TuiState,
  count: number,
  { listRows, listTop }: Pick<Layout, "listRows" | "listTop">,
): void {
  const text = ` ${scroll + 1}–${Math.min(count, scroll + listRows)} of ${count} `;
  canvas.put(canvas.cols - text.length, listTop - 1, text, Style.faint);
}

function drawNothing(canvas: Canvas, { filter, link, shells }: TuiState, y: number): void {
  if (shells.length > 0) canvas.put(MARGIN, y, `no shell with '${filter}' · Esc shows all`, Style.faint);
  else if (link === "live") canvas.put(MARGIN, y, "no shells yet · n makes one", Style.faint);
}
