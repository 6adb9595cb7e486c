// Which shells the list shows, in which order, and what stands on each: pure, so that the view only draws.

import { formatDuration } from "../../../shared/measures.js";
import { printable } from "../../../shared/names.js";
import type { ShellInfo } from "../../../shared/rpc.js";
import { stateText as stateWords, whereText } from "../../../shared/shell-text.js";
import { inPageWords } from "../page-words.js";

/** Longest reason that a card shows, in characters. */
const MAX_REASON = 60;

/** How a state looks: `busy` is on its way, `care` needs a person, `idle` wakes when it is used, `over` is done. */
export type Tone = "live" | "busy" | "care" | "idle" | "over";

const TONES: Record<ShellInfo["state"], Tone> = {
  starting: "busy",
  live: "live",
  reconnecting: "busy",
  "needs-credentials": "care",
  taken: "care",
  capacity: "care",
  asleep: "idle",
  ended: "over",
  gone: "over",
};

/** A state that this version does not know needs a person too. */
export function toneOf(shell: Pick<ShellInfo, "state">): Tone {
  return TONES[shell.state] ?? "care";
}

/** Those whose name, title, place or labels hold every word of `filter`; by name, what is over last. */
export function visibleShells(shells: Iterable<ShellInfo>, filter: string): ShellInfo[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return [...shells]
    .filter((shell) => {
      const text = searchText(shell);
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, "en", { numeric: true }));
}

function rank(shell: ShellInfo): number {
  return toneOf(shell) === "over" ? 1 : 0;
}

function searchText(shell: ShellInfo): string {
  const labels = Object.entries(shell.labels).map(([key, value]) => `${key}=${value}`);
  return [shell.name, shell.title ?? "", shell.cwd ?? "", shell.state, whereText(shell), ...labels]
    .join("\n")
    .toLowerCase();
}

/** As `stateText` of every client, in the page's words. */
export function stateText(shell: ShellInfo): string {
  return stateWords(shell, (reason) => printable(inPageWords(reason), MAX_REASON));
}

/** Empty for nobody; `1 attached`, `3 attached`. */
export function clientsText(count: number): string {
  return count === 0 ? "" : `${count} attached`;
}

/** How long ago, in one unit: `now`, `42s`, `5m`, `2h`, `3d`. */
export function agoText(ms: number): string {
  if (ms < 10_000) return "now";
  return /^\d+[smhd]/.exec(formatDuration(ms))?.[0] ?? "";
}

/** A name that is free, for a new shell: `shell`, `shell-2`, ... */
export function freeName(taken: ReadonlySet<string>, base = "shell"): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}
