// What opens over the list: the help, the form for a new shell, the question before a kill.
import { whereText } from "../../shared/shell-text.js";
import { formatDuration } from "../text/format.js";
import type { Canvas } from "./canvas.js";
import { fieldsOf, type NewShellForm } from "./form.js";
import { bindings } from "./key-bindings.js";
import type { EditedLine } from "./line-editor.js";
import { Style } from "./palette.js";
import { idOf, type TuiState } from "./state.js";
import { fitText, glyphs, textWidth, wrapText } from "./text-width.js";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** A frame in the middle with `rows` lines in it; answers where they begin. */
function drawBox(canvas: Canvas, title: string, width: number, rows: number, style: string): Box {
  const outer = Math.min(canvas.cols, width + 4);
  const height = Math.min(canvas.rows, rows + 2);
  const x = Math.floor((canvas.cols - outer) / 2);
  const y = Math.max(0, Math.floor((canvas.rows - height) / 2));
  canvas.fill(x, y, outer, height);
  canvas.fill(x + 1, y, outer - 2, 1, style, "─");
  canvas.fill(x + 1, y + height - 1, outer - 2, 1, style, "─");
  canvas.fill(x, y + 1, 1, height - 2, style, "│");
  canvas.fill(x + outer - 1, y + 1, 1, height - 2, style, "│");
  for (const [at, row, corner] of [
    [x, y, "┌"],
    [x + outer - 1, y, "┐"],
    [x, y + height - 1, "└"],
    [x + outer - 1, y + height - 1, "┘"],
  ] as const)
    canvas.put(at, row, corner, style);
  canvas.put(x + 2, y, ` ${title} `, "1");
  return { x: x + 2, y: y + 1, width: outer - 4 };
}

/** In two columns where one is too long. */
export function drawHelp(canvas: Canvas): void {
  const keyWidth = Math.max(...bindings.map(({ shown }) => shown.length));
  const textMax = Math.max(...bindings.map(({ help }) => help.length));
  const extra = [
    "mouse: click selects, double click attaches, the wheel scrolls",
    "attached: Ctrl-] d comes back here, Ctrl-] s opens this to switch",
  ];
  const isShort = canvas.rows < bindings.length + extra.length + 3;
  const perColumn = isShort ? Math.ceil(bindings.length / 2) : bindings.length;
  const columnWidth = keyWidth + 2 + textMax;
  const width = Math.min(
    canvas.cols - 4,
    isShort ? columnWidth * 2 + 3 : Math.max(columnWidth, textWidth(extra[1] ?? "")),
  );
  const box = drawBox(canvas, "keys", width, perColumn + extra.length + 1, Style.accent);
  const half = isShort ? Math.floor((box.width + 3) / 2) : box.width;
  bindings.forEach(({ help, shown }, index) => {
    const x = box.x + Math.floor(index / perColumn) * half;
    const y = box.y + (index % perColumn);
    const room = Math.min(half - (isShort ? 3 : 0), box.x + box.width - x);
    canvas.put(x, y, shown.padStart(keyWidth), Style.key, room);
    canvas.put(x + keyWidth + 2, y, fitText(help, room - keyWidth - 2));
  });
  extra.forEach((line, index) => {
    canvas.put(box.x, box.y + perColumn + 1 + index, fitText(line, box.width), Style.faint);
  });
}

const FORM_WIDTH = 62;
const INPUT_X = 11;
/** Below the fields and the hint. */
const NOTE_ROW = 6;

export function drawForm(canvas: Canvas, form: NewShellForm): void {
  const fields = fieldsOf(form);
  const formWidth = Math.min(FORM_WIDTH, canvas.cols - 4);
  const lines = noteLines(form, formWidth, canvas.rows - 2 - NOTE_ROW);
  const box = drawBox(canvas, "new shell", formWidth, NOTE_ROW + lines.length, Style.accent);
  const width = box.width - INPUT_X;
  fields.forEach((field, row) => {
    const y = box.y + row;
    const isActive = field === form.field;
    canvas.put(box.x, y, field, isActive ? Style.key : Style.faint);
    const x = box.x + INPUT_X;
    if (field === "target") drawTargets(canvas, form, x, y, width, isActive);
    else drawInput(canvas, x, y, width, form[field], isActive, placeholder(form, field));
  });
  const style = form.problem !== undefined ? Style.bad : form.making !== undefined ? Style.busy : Style.faint;
  lines.forEach((line, row) => {
    canvas.put(box.x, box.y + NOTE_ROW + row, line, style);
  });
  if (form.targets.length === 1)
    canvas.put(
      box.x,
      box.y + 5,
      fitText("[targets.NAME] in the config file adds cloud targets", box.width),
      Style.faint,
    );
}

/** An error is shown whole: what to do about it stands at its end. */
function noteLines({ making, problem }: NewShellForm, width: number, room: number): string[] {
  const text =
    problem ??
    (making === undefined
      ? "Enter makes it · Tab next · Esc cancel"
      : `starting ${making}… · Esc goes on without waiting`);
  return wrapText(text, width, Math.max(1, room));
}

function placeholder(form: NewShellForm, field: "name" | "command" | "directory"): string {
  return field === "name"
    ? form.freeName
    : field === "command"
      ? "your login shell"
      : "where agentd was started";
}

function drawTargets(
  canvas: Canvas,
  form: NewShellForm,
  x: number,
  y: number,
  width: number,
  isActive: boolean,
): void {
  const { target, targets } = form;
  let at = x;
  // The chosen one is always in sight.
  const first = Math.max(0, Math.min(targets.indexOf(target), targets.length - 3));
  for (const name of targets.slice(first)) {
    if (at + textWidth(name) + 2 > x + width) break;
    const style = name === target ? (isActive ? "7" : Style.strong) : Style.faint;
    at = canvas.put(at, y, ` ${name} `, style) + 1;
  }
  if (isActive && targets.length > 1) canvas.put(at, y, "← →", Style.faint, x + width - at);
}

/** A line that is being typed; of a long one, the part with the cursor. */
export function drawInput(
  canvas: Canvas,
  x: number,
  y: number,
  width: number,
  line: EditedLine,
  isActive: boolean,
  empty = "",
): void {
  if (line.text === "") canvas.put(x, y, empty, Style.faint, width);
  const all = glyphs(line.text);
  let first = 0;
  const span = (from: number, to: number) => all.slice(from, to).reduce((sum, glyph) => sum + glyph.width, 0);
  while (first < line.cursor && span(first, line.cursor) > width - 2) first++;
  canvas.put(
    x,
    y,
    all
      .slice(first)
      .map((glyph) => glyph.text)
      .join(""),
    Style.plain,
    width,
  );
  if (isActive) canvas.restyle(x + span(first, line.cursor), y, 1, () => "7");
}

/** Names what dies. */
export function drawKill(canvas: Canvas, state: TuiState, id: string): void {
  const shell = state.shells.find((candidate) => idOf(candidate) === id);
  if (shell === undefined) return;
  const isOver = shell.state === "ended" || shell.state === "gone";
  const what = [
    whereText(shell),
    ...(shell.pid === undefined ? [] : [`pid ${shell.pid}`]),
    ...(shell.title === undefined ? [] : [shell.title]),
    `made ${formatDuration(state.now - Date.parse(shell.createdAt))} ago`,
  ].join(" · ");
  const clients = shell.clients === 1 ? "1 client is attached" : `${shell.clients} clients are attached`;
  const lines = [
    what,
    isOver
      ? "It has ended already; this forgets it."
      : `Everything that runs in it ends. ${shell.clients === 0 ? "" : `${clients}.`}`,
  ];
  const width = Math.min(canvas.cols - 4, Math.max(40, ...lines.map(textWidth)));
  const box = drawBox(canvas, `kill ${shell.name}?`, width, 4, Style.bad);
  lines.forEach((line, row) => {
    canvas.put(box.x, box.y + row, fitText(line, box.width));
  });
  let x = canvas.put(box.x, box.y + 3, "y", Style.key);
  x = canvas.put(x, box.y + 3, ` kill ${shell.name}   `);
  x = canvas.put(x, box.y + 3, "n", Style.key);
  canvas.put(x, box.y + 3, " keep it");
}
