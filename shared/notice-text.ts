// What agentd says of a notice, in one line: the words of cli.md, "What agentd says", in a terminal and in a browser.
import { formatBytes } from "./measures.js";
import { printable } from "./names.js";
import { type BackNotice, isHarmless, type Notice, type Verdict } from "./notice.js";
import type { ShellExit } from "./status.js";

/**
 * How long a line stands. `passing`: true for now. `calm`: that trouble is over; not worth a word where nothing was said of the
 * trouble. `lasting`: of something that was lost, so it stays. `amends`: the same, and takes the place of the lasting line before it.
 */
export type LineWeight = "passing" | "calm" | "lasting" | "amends";

/** The line for a notice in the middle of things, or undefined when it is not worth one. @param now ms since 1970. */
export function noticeLine(name: string, notice: Notice, now: number): string | undefined {
  switch (notice.kind) {
    case "lost": {
      const wait = notice.retryAt === undefined ? Number.NaN : Date.parse(notice.retryAt) - now;
      const when = Number.isNaN(wait) ? "" : ` in ${Math.max(0, Math.ceil(wait / 1000))}s`;
      const held = notice.held ?? 0;
      const keys = held === 0 ? "keys are kept" : `${formatBytes(held)} of typing kept, Ctrl-C drops it`;
      return `link lost · retry ${notice.attempt}${when} · ${keys}`;
    }
    case "silent":
      return notice.seconds === undefined
        ? "the runtime answers again"
        : `no answer from the runtime for ${notice.seconds}s · asking`;
    case "replayed":
      return replayedLine(notice);
    case "discarded":
      return `${formatBytes(notice.bytes)} of typing not sent`;
    case "sending":
      if (notice.sent >= notice.total) return `pasted ${formatBytes(notice.total)}`;
      return `pasting ${formatBytes(notice.sent)} of ${formatBytes(notice.total)} · Ctrl-C stops`;
    case "back":
      return backLine(notice);
    case "waiting":
      return `waiting for ${notice.reason} · ${printable(notice.message)}`;
    case "taken":
      return takenLine(name);
    case "skipped":
      return `${formatBytes(notice.bytes)} of output not shown`;
    case "blocked":
      return `the program wanted to set the clipboard (${formatBytes(notice.bytes)}) · agentd new --clipboard allow …`;
    default:
      return undefined;
  }
}

/** How long the line of a notice has to stand. */
export function noticeWeight(notice: Notice): LineWeight {
  switch (notice.kind) {
    case "back":
      return isHarmless(notice) ? "calm" : "lasting";
    case "replayed":
      return notice.back === undefined ? "lasting" : "amends";
    case "silent":
      return notice.seconds === undefined ? "calm" : "passing";
    case "skipped":
      return "lasting";
    default:
      return "passing";
  }
}

/** For the place in the scrollback where they are missing: the drawing behind it has what the shell's own history has of them. */
export function gapLine(bytes: number): string {
  return `${formatBytes(bytes)} of output skipped here · its last lines follow`;
}

function backLine(notice: BackNotice): string {
  const { verdict, bytesLost, counted = false } = notice;
  const keys = keysText(notice);
  if (verdict === "new") return `new shell · the old one is gone${keys}`;
  // Where the server does not count, "0 bytes lost" would be a guess.
  const lost = bytesLost > 0 ? ` · ${formatBytes(bytesLost)} lost` : counted ? " · 0 bytes lost" : "";
  return `back · ${whose(verdict)}${lost}${keys}`;
}

/** What to say of keys that were sent into a link that died; nothing for none. */
export function doubtText(bytes: number): string {
  return bytes === 0 ? "" : ` · the last ${formatBytes(bytes)} typed before may not have arrived`;
}

function whose(verdict: Verdict): string {
  return verdict === "same" ? "same shell" : "perhaps another shell";
}

/** What became of typing that did not arrive for certain. */
function keysText({ heldDiscarded = 0, inDoubt = 0 }: BackNotice): string {
  const unsent = heldDiscarded === 0 ? "" : ` · ${formatBytes(heldDiscarded)} of typing not sent`;
  return `${unsent}${doubtText(inDoubt)}`;
}

/** The return was said a moment before; this line takes its place, so it says that too. */
function replayedLine(notice: Extract<Notice, { kind: "replayed" }>): string | undefined {
  const { ambiguous, missing, back } = notice;
  // The output of a shell that is gone is gone with it.
  if (back?.verdict === "new") return backLine(back);
  const which = back === undefined ? "" : ` · ${whose(back.verdict)}`;
  const known = back === undefined || back.bytesLost === 0 ? "" : ` · ${formatBytes(back.bytesLost)} lost`;
  const rest = `${known}${back === undefined ? "" : keysText(back)}`;
  if (missing !== undefined) {
    const span = `between ${clockTime(missing.from)} and ${clockTime(missing.to)}`;
    return `back${which} · output ${span} may be missing${rest}`;
  }
  return ambiguous ? `back${which} · some output may be shown twice${rest}` : undefined;
}

/** Local time of an ISO 8601 moment, to the second. */
function clockTime(iso: string): string {
  const date = new Date(iso);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return Number.isNaN(date.getTime()) ? "?" : parts.map((part) => String(part).padStart(2, "0")).join(":");
}

export function takenLine(name: string): string {
  return `${name} was taken by another client · agentd attach --take ${name}`;
}

/** How a shell ended: `work exited · 0`. */
export function exitLine(name: string, exit: ShellExit): string {
  switch (exit.kind) {
    case "code":
      return `${name} exited · ${exit.exitCode}`;
    case "signal":
      return `${name} exited · killed by signal ${exit.signal} (${exit.exitCode})`;
    default:
      return `${name} ended · exit status unknown · ${printable(exit.message)}`;
  }
}
