// The lines of `ls -v` under a shell: who is attached to it.
import { printable } from "../../shared/names.js";
import type { AttachedInfo, ShellInfo } from "../../shared/rpc.js";
import { formatDuration, formatTable } from "./format.js";

/** For each shell, in the same order, a line for each of its clients; in the same columns for all. @param now ms since 1970. */
export function clientLines(shells: readonly Pick<ShellInfo, "attached">[], now: number): string[][] {
  const rows = shells.flatMap(({ attached }) => attached.map((client) => ["", ...cells(client, now)]));
  const lines = formatTable(rows).split("\n");
  return shells.map(({ attached }) => lines.splice(0, attached.length));
}

function cells(info: AttachedInfo, now: number): string[] {
  const { client, cols, pid, rows, since, tty } = info;
  return [
    printable(tty?.replace(/^\/dev\//, "") ?? client ?? "-", 40),
    `${cols}x${rows}`,
    roleText(info),
    formatDuration(now - Date.parse(since)),
    pid === undefined ? "" : `pid ${pid}`,
  ];
}

function roleText({ behind, ignoreSize, leads, readOnly }: AttachedInfo): string {
  const words = [
    ...(leads ? ["leads"] : []),
    ...(readOnly ? ["read-only"] : []),
    ...(ignoreSize ? ["ignores size"] : []),
    ...(behind ? ["behind"] : []),
  ];
  return words.join(", ") || "-";
}
