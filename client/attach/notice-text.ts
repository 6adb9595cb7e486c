// What agentd says at the end of an attachment, and its exit status: the words of cli.md, "What agentd says".
import { ExitStatus } from "../../shared/errors.js";
import { formatDuration } from "../../shared/measures.js";
import { printable } from "../../shared/names.js";
import type { Notice } from "../../shared/notice.js";
import { exitLine, takenLine } from "../../shared/notice-text.js";
import { exitCodeOf, type ShellExit } from "../../shared/status.js";

/** How an attachment ended: the exit status, and the line that is said when the terminal is restored. */
export interface AttachEnd {
  readonly status: number;
  readonly line: string;
  /** The user wants to choose another shell. */
  readonly next?: "switch";
}

/** The end that a notice means; `restart`: the daemon comes back, so does this client; undefined: it is no end. */
export function endOfNotice(name: string, notice: Notice): AttachEnd | "restart" | undefined {
  switch (notice.kind) {
    case "ended":
      return exitEnd(name, notice.exit, notice.durationMs);
    case "gone":
      return { status: ExitStatus.CutOff, line: `${name} is gone · ${printable(notice.message)}` };
    case "detached":
      switch (notice.reason) {
        case "key":
          return detachedEnd(name);
        case "elsewhere":
        case "other":
          return detachedEnd(name, " by another client");
        case "taken":
          return { status: ExitStatus.CutOff, line: takenLine(name) };
        case "stopping":
          return {
            status: ExitStatus.CutOff,
            line: `agentd was stopped · ${name} lives on · agentd attach ${name}`,
          };
        case "restarting":
          return "restart";
        default:
          return { status: ExitStatus.CutOff, line: `cut off from ${name} · agentd attach ${name}` };
      }
    default:
      return undefined;
  }
}

/** The user left: the shell lives on. */
export function detachedEnd(name: string, how = ""): AttachEnd {
  return { status: ExitStatus.Ok, line: `detached from ${name}${how} · agentd attach ${name}` };
}

/** This terminal lost the daemon, and it did not come back. */
export function lostEnd(name: string, why: string): AttachEnd {
  return { status: ExitStatus.CutOff, line: `${why} · your shells are kept · agentd attach ${name}` };
}

function exitEnd(name: string, exit: ShellExit, durationMs: number): AttachEnd {
  const duration = exit.kind === "code" ? ` · ${formatDuration(durationMs)}` : "";
  return { status: exitCodeOf(exit) ?? ExitStatus.CutOff, line: `${exitLine(name, exit)}${duration}` };
}
