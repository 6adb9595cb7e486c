// How an attachment ends, in the page's words.
import { AgentdError, type ErrorCode } from "../../../shared/errors.js";
import { formatDuration } from "../../../shared/measures.js";
import { printable } from "../../../shared/names.js";
import type { Notice } from "../../../shared/notice.js";
import { exitLine } from "../../../shared/notice-text.js";
import { exitCodeOf } from "../../../shared/status.js";
import { inPageWords } from "../page-words.js";
import { finalText } from "./reconnect-wait.js";

export interface Ending {
  /** `done`: exited with 0, or detached on purpose. `failed`: another exit. `cut`: this tab was cut off. */
  readonly tone: "done" | "failed" | "cut";
  readonly title: string;
  readonly text: string;
  /** Whether attaching again may help. */
  readonly again: boolean;
}

/** Undefined for what is no end, also for a daemon that comes back: the page goes on by itself then. */
export function endingOf(name: string, notice: Notice): Ending | undefined {
  switch (notice.kind) {
    case "ended": {
      const { durationMs, exit } = notice;
      const tone = exitCodeOf(exit) === 0 ? "done" : "failed";
      return { tone, title: exitLine(name, exit), text: `after ${formatDuration(durationMs)}`, again: false };
    }
    case "gone":
      return { tone: "failed", title: `${name} is gone`, text: printable(notice.message), again: false };
    case "detached":
      return detached(name, notice.reason);
    default:
      return undefined;
  }
}

function detached(name: string, reason: Extract<Notice, { kind: "detached" }>["reason"]): Ending | undefined {
  switch (reason) {
    case "restarting":
    case "stopping":
      return undefined;
    case "taken":
      return {
        tone: "cut",
        title: `${name} was taken by another client`,
        text: "It lives on there. Attach again to see it here too.",
        again: true,
      };
    default:
      return {
        tone: "done",
        title: `Detached from ${name}`,
        text: "Somebody detached this tab; the shell lives on.",
        again: true,
      };
  }
}

/** Passing: the same attempt may succeed a moment later. */
const PASSING: readonly ErrorCode[] = [
  "daemon_unavailable",
  "daemon_stopping",
  "too_busy",
  "timeout",
  "internal",
];

/** Undefined for an attempt to attach that is to be made again. */
export function failureOf(name: string, error: unknown): Ending | undefined {
  const final = finalText(error);
  if (final !== undefined) return { ...final, tone: "cut" };
  if (!(error instanceof AgentdError) || PASSING.includes(error.code)) return undefined;
  return refusalOf(name, error);
}

/** The daemon does not let this tab attach. */
function refusalOf(name: string, error: AgentdError): Ending {
  // Its message names a command; here the list is a press away.
  if (error.code === "shell_not_found")
    return {
      tone: "cut",
      title: `There is no shell ${name}`,
      text:
        error.details?.["namesake"] === true
          ? "It is gone; another one has its name now."
          : "It was forgotten, or never made.",
      again: false,
    };
  return {
    tone: "cut",
    title: `Cannot attach to ${name}`,
    text: inPageWords(printable(error.message)),
    again: true,
  };
}
