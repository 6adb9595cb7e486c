// Who is in front of a shell's terminal: a shell that waits at its prompt, or something that would take a command for its input.
import { printable } from "../../../shared/names.js";
import type { PromptPhase } from "../../../shared/prompt.js";
import type { ProcessHost } from "./process-host.js";
import { flavourOf } from "./run-script.js";

/** What the screen shows at this moment. */
export interface ScreenEvidence {
  readonly isAlternate: boolean;
  readonly bracketedPaste: boolean;
  /** The cursor's line, up to the cursor. */
  readonly beforeCursor: string;
  /** What its OSC 133 marks say, if it has ever sent one. Some shells mark prompts only, and shells inside of it may mark nothing. */
  readonly phase?: PromptPhase | undefined;
}

export type Front =
  /** `isPlain`: without a line editor, whatever modes a program has left behind. `pid`: who reads there, on this machine. */
  | { readonly kind: "prompt"; readonly isPlain?: true; readonly pid?: number }
  /** `isShell`: it is a shell, but busy or still starting: it may come to its prompt any moment. */
  | { readonly kind: "other"; readonly what: string; readonly isShell: boolean };

/** Prompts of programs that are no shell, where only the screen can be asked. */
const FOREIGN_PROMPT =
  /^(?:>>>|\.\.\.|In \[\d+\]:|\((?:gdb|lldb|Pdb\+*)\)|\w+=[#>]|(?:mysql|sqlite|MariaDB \[.*\]|scala|ghci|jshell|iex\(\d+\)|irb\(.*\).*)>|\d+\.\d+\.\d+\.\d+:\d+>) *$/;
const SECRET_PROMPT = /(?:password|passphrase|passcode|PIN)\b.*: *$/i;
/** ... or an arrow, an angle or a lambda. */
const PROMPT_END = /[$#%>\u276f\u279c\u2192\u00bb\u03bb] ?$/;
const COMMAND_OPTION = /^-[a-z]*c$/;

/** A shell on this machine: the kernel knows. `undefined`: it does not tell. */
export async function frontByProcess(
  host: ProcessHost,
  pid: number,
  screen: ScreenEvidence,
): Promise<Front | undefined> {
  const front = await host.foreground(pid);
  if (front === undefined) return undefined;
  const name = printable(front.name, 40);
  const flavour = flavourOf(front.program);
  if (flavour === undefined || isScript(front.args)) {
    return { kind: "other", what: `${name} is in front`, isShell: false };
  }
  const mode = await host.terminalMode(pid);
  if (mode === undefined) return frontByScreen(screen);
  // It has no line editor, and in raw mode it takes no Enter for the end of a line.
  if (!mode.canonical && front.program === "dash")
    return { kind: "other", what: "dash has its terminal in raw mode", isShell: false };
  if (!mode.canonical) return { kind: "prompt", pid: front.pid };
  const busy = { kind: "other", isShell: true } as const;
  if (flavour !== "posix") return { ...busy, what: `${name} is not at its prompt` };
  return mode.echo
    ? { kind: "prompt", isPlain: true, pid: front.pid }
    : { ...busy, what: `${name} reads something without echo` };
}

/** A shell elsewhere: only what it has drawn tells. What a program that looks like a prompt does with a command cannot be known. */
export function frontByScreen({ beforeCursor, bracketedPaste, isAlternate, phase }: ScreenEvidence): Front {
  if (isAlternate) return { kind: "other", what: "a full-screen program has the screen", isShell: false };
  const line = beforeCursor.trim();
  const shown = printable(line.slice(-40), 40);
  if (FOREIGN_PROMPT.test(line) || SECRET_PROMPT.test(line)) {
    return { kind: "other", what: `'${shown}' is not a shell's prompt`, isShell: false };
  }
  if (bracketedPaste) return { kind: "prompt" };
  if (phase === "running") return { kind: "other", what: "a command runs", isShell: true };
  if (PROMPT_END.test(beforeCursor) || (phase !== undefined && line !== "")) return { kind: "prompt" };
  const what = line === "" ? "no prompt is to be seen" : `'${shown}' does not look like a prompt`;
  return { kind: "other", what, isShell: true };
}

/** A shell that runs a script reads no commands from its terminal. */
function isScript(args: readonly string[]): boolean {
  const first = args.find((word) => !/^[-+]/.test(word));
  if (args.some((word) => COMMAND_OPTION.test(word))) return true;
  // `busybox sh`, `--rcfile FILE` and `fish -C COMMAND` name something that is no script.
  const before = first === undefined ? undefined : args[args.indexOf(first) - 1];
  return (
    first !== undefined &&
    !/^(?:sh|ash|hush)$/.test(first) &&
    !/^(?:--rcfile|--init-file|--init-command|--emulate|-C|[-+][oO])$/.test(before ?? "")
  );
}
