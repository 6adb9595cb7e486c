// The whole picture: a pure function from the state to a canvas.
import { SHELLS_PER_RUNTIME } from "../../shared/cloud-rpc.js";
import { drawForm, drawHelp, drawInput, drawKill } from "./boxes.js";
import { Canvas } from "./canvas.js";
import { drawDetails } from "./details.js";
import type { Layout } from "./layout.js";
import { footerItems } from "./model.js";
import { Style } from "./palette.js";
import { drawPreview } from "./preview.js";
import { drawShellList } from "./shell-list.js";
import { layout, selectedShell, type TuiState } from "./state.js";
import { fitText, textWidth } from "./text-width.js";

export function view(state: TuiState): Canvas {
  const canvas = new Canvas(state.cols, state.rows);
  const places = layout(state);
  if (places.isTooSmall) {
    const text = "too small for agentd";
    canvas.put(0, 0, fitText(text, state.cols));
    canvas.put(0, 1, fitText("q quit", state.cols), Style.faint);
    return canvas;
  }
  drawHeader(canvas, state);
  drawShellList(canvas, state, places);
  if (places.paneRows > 0) {
    drawRule(canvas, state, places);
    if (state.pane === "details") drawDetails(canvas, state, places);
    else drawPreview(canvas, state, places);
  }
  drawMessage(canvas, state, places);
  drawFooter(canvas, places);
  const { mode } = state;
  if (mode.kind === "help") drawHelp(canvas);
  if (mode.kind === "form") drawForm(canvas, mode.form);
  if (mode.kind === "kill") drawKill(canvas, state, mode.id);
  return canvas;
}

function drawHeader(canvas: Canvas, state: TuiState): void {
  const { shells } = state;
  const clients = shells.reduce((sum, shell) => sum + shell.clients, 0);
  const live = shells.filter((shell) => shell.state === "live").length;
  let x = canvas.put(1, 0, "agentd", Style.strong);
  const linkText = {
    live: "",
    connecting: "connecting…",
    lost: "agentd is gone · reconnecting…",
    waiting: "agentd was stopped · Enter starts it",
  }[state.link];
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  x = canvas.put(x + 2, 0, linkText, state.link === "connecting" ? Style.busy : Style.bad);
  if (linkText === "")
    x = canvas.put(x, 0, `${count(shells.length, "shell")} · ${live} live · ${count(clients, "client")}`);
  const used = fitText(placesText(state), canvas.cols - x - 3);
  canvas.put(canvas.cols - textWidth(used) - 1, 0, used, Style.faint);
}

/** The places used of every runtime, as `slots` of a shell counts them: `my-agent 3/10`. */
function placesText({ shells }: TuiState): string {
  const places = new Map<string, number>();
  for (const { kind, runtimeArn = "agentcore", state } of shells) {
    if (kind === "local" || state === "ended" || state === "gone") continue;
    places.set(runtimeArn, (places.get(runtimeArn) ?? 0) + 1);
  }
  return [...places]
    .sort(([, a], [, b]) => b - a)
    .map(([arn, used]) => `${arn.split("/").at(-1)} ${used}/${SHELLS_PER_RUNTIME}`)
    .join(" · ");
}

/** The line between the list and the pane names what is below it. */
function drawRule(canvas: Canvas, state: TuiState, { paneRows, ruleRow }: Layout): void {
  canvas.fill(0, ruleRow, canvas.cols, 1, Style.faint, "─");
  const shell = selectedShell(state);
  if (shell === undefined) return;
  const x = canvas.put(2, ruleRow, ` ${shell.name} `, Style.strong);
  const isCropped = state.pane === "screen" && (shell.cols > canvas.cols || shell.rows > paneRows);
  const size = ` ${shell.cols}x${shell.rows}${isCropped ? ", a part of it" : ""} `;
  canvas.put(x + 1, ruleRow, state.pane === "details" ? " details " : size, Style.faint);
}

function drawMessage(canvas: Canvas, state: TuiState, { messageRow: y }: Layout): void {
  const { message, mode } = state;
  const prompts = { filter: "filter: ", rename: "rename to: ", label: "label KEY=VALUE: " };
  if (mode.kind === "filter" || mode.kind === "rename" || mode.kind === "label") {
    const problem = mode.kind === "filter" ? undefined : mode.problem;
    const x = canvas.put(1, y, prompts[mode.kind], Style.key);
    const hint = problem ?? (mode.kind === "filter" ? "Enter keeps · Esc clears" : "Enter · Esc cancels");
    const hintX = canvas.cols - textWidth(hint) - 1;
    drawInput(canvas, x, y, hintX - x - 1, mode.line, true);
    canvas.put(hintX, y, hint, problem === undefined ? Style.faint : Style.bad);
    return;
  }
  if (message !== undefined) {
    canvas.put(
      1,
      y,
      fitText(message.text, canvas.cols - 2),
      message.tone === "error" ? Style.bad : Style.accent,
    );
  } else if (state.filter !== "") {
    canvas.put(1, y, fitText(`filter: ${state.filter} · Esc clears`, canvas.cols - 2), Style.accent);
  }
}

function drawFooter(canvas: Canvas, { footerRow }: Layout): void {
  for (const { short, shown, x } of footerItems(canvas.cols)) {
    const end = canvas.put(x, footerRow, shown, Style.key);
    canvas.put(end + 1, footerRow, short, Style.faint);
  }
}
