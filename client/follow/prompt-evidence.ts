// Whether a shell's prompt waits for typing: by the program's own marks, else by what can be seen from outside.
import { readFileSync } from "node:fs";
import type { Result, ShellInfo } from "../../shared/rpc.js";
import type { ScreenCapture } from "../../shared/screen-capture.js";

/** How prompts end. */
const PROMPT_END = /[$#%>\u276f\u279c\u00bb\u03bb\u27e9\u203a\u25b6]\s*$/u;
const SHELLS = new Set([
  "bash",
  "sh",
  "dash",
  "ash",
  "busybox",
  "zsh",
  "fish",
  "ksh",
  "mksh",
  "tcsh",
  "csh",
  "nu",
  "xonsh",
  "pwsh",
]);

/** What one process says of itself in /proc. */
export interface ProcessFacts {
  readonly command: string;
  /** `S`: it sleeps, most likely in a read. */
  readonly state: string;
  readonly group: number;
  /** The group that has the terminal. */
  readonly foreground: number;
}

export type ReadProcess = (pid: number) => ProcessFacts | undefined;

/**
 * To be asked when the output has been quiet for a moment. Marks (OSC 133) decide; else the cursor must stand behind what looks like a
 * prompt, and of a local shell the process in front must be a shell that sleeps. Of a cloud shell nothing more can be known.
 */
export function isAtPrompt(
  info: ShellInfo,
  screen: ScreenCapture,
  readProcess: ReadProcess = processFacts,
): boolean {
  if (info.state !== "live" || screen.alternate) return false;
  if (info.prompt !== undefined) return info.prompt.phase !== "running";
  if (!PROMPT_END.test(textBeforeCursor(screen))) return false;
  const own = info.pid === undefined ? undefined : readProcess(info.pid);
  if (own === undefined) return true;
  const front = own.foreground === own.group ? own : readProcess(own.foreground);
  return front?.state === "S" && (front === own || SHELLS.has(front.command));
}

function textBeforeCursor({ cursor, lines, start }: ScreenCapture): string {
  let text = "";
  let width = 0;
  for (const span of lines[cursor.y - start]?.spans ?? []) {
    if (width >= cursor.x) break;
    text += span.width <= cursor.x - width ? span.text : span.text.slice(0, cursor.x - width);
    width += span.width;
  }
  return text;
}

/** Undefined where there is no such process, or no /proc. */
function processFacts(pid: number): ProcessFacts | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}

/** proc(5): `pid (comm) state ppid pgrp session tty_nr tpgid ...`; comm may hold anything. */
export function parseStat(stat: string): ProcessFacts | undefined {
  const close = stat.lastIndexOf(")");
  const [state = "", , group, , , foreground] = stat.slice(close + 2).split(" ");
  if (close === -1 || state === "") return undefined;
  const command = stat.slice(stat.indexOf("(") + 1, close);
  return { command, state, group: Number(group), foreground: Number(foreground) };
}

/** A look at a shell: how it is, and what is on its screen. */
export interface ShellLook {
  readonly info: ShellInfo;
  readonly screen: NonNullable<Result<"shell.capture">["screen"]>;
}
