// Everything about the selected shell, in the pane below the list.
import type { AttachedInfo, ShellInfo } from "../../shared/rpc.js";
import { formatBytes, formatDuration } from "../text/format.js";
import { idleText, stateText } from "../text/shell-table.js";
import type { Canvas } from "./canvas.js";
import type { Layout } from "./layout.js";
import { Style, stateStyle } from "./palette.js";
import { selectedShell, type TuiState } from "./state.js";

interface Row {
  readonly head: string;
  readonly text: string;
  readonly style?: string;
}

const HEAD_X = 1;
const TEXT_X = 12;

/** The most important first: a small pane shows only the beginning. @param now ms since 1970 */
function detailRows(shell: ShellInfo, now: number): readonly Row[] {
  const ago = (time: string | undefined) =>
    time === undefined ? "-" : `${formatDuration(now - Date.parse(time))} ago`;
  const { connectedAt, createdAt, exitCode, possibleGap, runtimeArn, verdict } = shell;
  const verdictText = verdict === undefined ? "" : ` · ${verdict} shell after the last reconnect`;
  const optional = (head: string, text: string | undefined, style?: string): Row[] =>
    text === undefined ? [] : [{ head, text, ...(style === undefined ? {} : { style }) }];
  return [
    { head: "state", text: `${stateText(shell)}${verdictText}`, style: stateStyle(shell) },
    ...optional("last error", shell.state === "live" ? undefined : shell.reason, Style.bad),
    ...optional("exit", exitCode === undefined ? undefined : `${exitCode} · ended ${ago(shell.endedAt)}`),
    lossRow(shell),
    ...optional(
      "gap",
      possibleGap && `output between ${clock(possibleGap.from)} and ${clock(possibleGap.to)} may be missing`,
      Style.busy,
    ),
    {
      head: "active",
      text: `idle ${idleText(shell, now)} · connected ${ago(connectedAt)} · made ${ago(createdAt)}`,
    },
    ...clientRows(shell, now),
    { head: "size", text: `${shell.cols}x${shell.rows} · the size of ${sizeRule(shell)}` },
    ...optional("process", shell.pid === undefined ? undefined : `pid ${shell.pid}`),
    ...optional("directory", shell.cwd),
    ...optional("title", shell.title),
    ...optional(
      "labels",
      Object.entries(shell.labels)
        .map((pair) => pair.join("="))
        .join(" ") || undefined,
    ),
    ...optional("runtime", runtimeArn),
    ...optional("region", shell.region),
    ...optional("endpoint", shell.endpointUrl),
    ...lifetimeRows(shell, now),
    { head: "session id", text: shell.runtimeSessionId },
    { head: "shell id", text: shell.shellId },
  ];
}

/** What the service will end by itself, and when. */
function lifetimeRows({ lifetime, slots }: ShellInfo, now: number): readonly Row[] {
  const rows: Row[] =
    slots === undefined ? [] : [{ head: "places", text: `${slots.used} of ${slots.limit} used` }];
  const until = (time: string) => formatDuration(Date.parse(time) - now);
  const { connectionEndsAt, vmEndsAt, vmIdleEndsAt } = lifetime ?? {};
  const words = [
    ...(connectionEndsAt === undefined ? [] : [`connection renewed within ${until(connectionEndsAt)}`]),
    ...(vmIdleEndsAt === undefined ? [] : [`microVM ends in ${until(vmIdleEndsAt)} without use`]),
    ...(vmEndsAt === undefined ? [] : [`microVM ends in ${until(vmEndsAt)} at the latest`]),
  ];
  return words.length === 0 ? rows : [...rows, { head: "lifetime", text: words.join(" · ") }];
}

function lossRow({ bytesLost, heldBytes = 0 }: ShellInfo): Row {
  const held = heldBytes === 0 ? "" : ` · ${formatBytes(heldBytes)} of typing waits to be sent`;
  const lost = bytesLost === 0 ? "no output lost" : `${formatBytes(bytesLost)} of output lost`;
  return { head: "loss", text: `${lost}${held}`, ...(bytesLost === 0 ? {} : { style: Style.busy }) };
}

function clientRows({ attached }: ShellInfo, now: number): readonly Row[] {
  if (attached.length === 0) return [{ head: "attached", text: "nobody" }];
  return attached.map((info, index) => ({
    head: index === 0 ? "attached" : "",
    text: clientText(info, now),
  }));
}

function clientText(info: AttachedInfo, now: number): string {
  const words = [
    info.tty?.replace(/^\/dev\//, "") ?? info.client ?? "a client",
    `${info.cols}x${info.rows}`,
    `since ${formatDuration(now - Date.parse(info.since))}`,
    ...(info.pid === undefined ? [] : [`pid ${info.pid}`]),
    ...(info.leads ? ["leads"] : []),
    ...(info.readOnly === true ? ["read-only"] : []),
    ...(info.ignoreSize === true ? ["ignores size"] : []),
    ...(info.behind === true ? ["behind"] : []),
  ];
  return words.join(" · ");
}

function sizeRule({ sizePolicy = "latest" }: ShellInfo): string {
  const rules = {
    latest: "who typed last",
    smallest: "the smallest terminal",
    largest: "the largest terminal",
    manual: "agentd resize",
  };
  return rules[sizePolicy];
}

function clock(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? "?" : date.toTimeString().slice(0, 8);
}

export function drawDetails(canvas: Canvas, state: TuiState, { paneRows, ruleRow }: Layout): void {
  const shell = selectedShell(state);
  if (shell === undefined) return;
  detailRows(shell, state.now)
    .slice(0, paneRows)
    .forEach(({ head, style = "", text }, row) => {
      canvas.put(HEAD_X, ruleRow + 1 + row, head, Style.faint, TEXT_X - HEAD_X - 1);
      canvas.put(TEXT_X, ruleRow + 1 + row, text, style);
    });
}
