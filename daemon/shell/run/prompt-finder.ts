// Waits until a shell stands at an empty prompt, for as long as that is likely to happen.

import { AgentdError } from "../../../shared/errors.js";
import { charsAt, isBlank, isRightHalf } from "../../terminal/line-writer.js";
import type { XtermLine } from "../../terminal/xterm-state.js";
import type { Clock } from "../../upstream/clock.js";
import { look } from "../readable-output.js";
import { type Front, frontByProcess, frontByScreen } from "./front.js";
import type { ProcessHost } from "./process-host.js";
import type { RunShell } from "./shell-run.js";

/** A shell that has just been made reads its start files. */
const YOUNG_MS = 15_000;
const YOUNG_PATIENCE_MS = 10_000;
/** A shell in front that is not at its prompt draws one, or runs something that takes longer. */
const SHELL_PATIENCE_MS = 2_000;
/** Something that has just been started may be short. */
const PROGRAM_PATIENCE_MS = 500;
/** After output it is looked again at once; a prompt that had come before, and a program that ends silently, is found by this. */
const LOOK_AGAIN_MS = 40;

/** The kernel says that a line editor is at work a moment before its prompt is drawn; longer than this nothing is drawn. */
const DRAW_PATIENCE_MS = 300;

interface Drawn {
  readonly paste: boolean;
  readonly text: boolean;
}
/** How the last prompt of a shell looked. Those that are here have come to one: no start file runs in them. */
const started = new WeakMap<RunShell, Drawn>();

export interface PromptFinderOptions {
  readonly shell: RunShell;
  readonly clock: Clock;
  readonly host: ProcessHost;
  readonly force: boolean;
}

export class PromptFinder {
  readonly #options: PromptFinderOptions;

  constructor(options: PromptFinderOptions) {
    this.#options = options;
  }

  /**
   * What edits the line of the prompt that waits, which is empty. Undefined: aborted first.
   * @throws AgentdError `shell_busy` with what is in front; nothing was typed, but with `force` a Ctrl-C.
   */
  async find(signal: AbortSignal): Promise<"editor" | "plain" | undefined> {
    const { clock, force, shell } = this.#options;
    const began = clock.monotonic();
    const { name, createdAt } = shell.record;
    let isCleared = false;
    let promptSince: number | undefined;
    for (;;) {
      if (signal.aborted) return undefined;
      // Before the look: output that comes while it is being looked means another look.
      const changed = this.#change(signal);
      const { state } = shell.input.line;
      const { front, drawn } = force ? {} : await this.#front();
      if (front?.kind === "prompt") promptSince ??= clock.monotonic();
      else promptSince = undefined;
      if (front === undefined || front.kind === "prompt") {
        if (state === "empty" || (isCleared && state === "unsure")) {
          const isPlain = front?.isPlain === true;
          const waited = clock.monotonic() - (promptSince ?? began);
          if (drawn !== undefined && !isPlain && waited < DRAW_PATIENCE_MS && !this.#isLikeBefore(drawn)) {
            await changed;
            continue;
          }
          if (drawn !== undefined) started.set(shell, drawn);
          return isPlain ? "plain" : "editor";
        }
        if (state === "begun" && !force) {
          throw busy(`somebody is typing in '${name}' · try again, or --force drops that line`);
        }
        shell.input.type(Uint8Array.of(0x03));
        shell.input.line.cleared();
        isCleared = true;
      } else {
        const isYoung =
          clock.now() - createdAt < YOUNG_MS && !shell.output.isAlternate && !started.has(shell);
        const patience = front.isShell ? SHELL_PATIENCE_MS : PROGRAM_PATIENCE_MS;
        if (clock.monotonic() - began > (isYoung ? YOUNG_PATIENCE_MS : patience))
          throw busy(`'${name}' is busy: ${front.what} · nothing was typed`);
      }
      await changed;
    }
  }

  #isLikeBefore({ paste, text }: Drawn): boolean {
    const before = started.get(this.#options.shell) ?? { paste: true, text: true };
    return (paste || !before.paste) && (text || !before.text);
  }

  async #front(): Promise<{ front: Front; drawn: Drawn }> {
    const { host, shell } = this.#options;
    const screen = await look(shell.output, ({ active, dec }) => ({
      isAlternate: shell.output.isAlternate,
      bracketedPaste: dec.bracketedPasteMode,
      beforeCursor: textBefore(active.lines.get(active.ybase + active.y), active.x),
      phase: shell.output.watchers.prompt.state?.phase,
    }));
    const { pid } = shell.info();
    const known = pid === undefined ? undefined : await frontByProcess(host, pid, screen);
    const drawn = { paste: screen.bracketedPaste, text: screen.beforeCursor.trim() !== "" };
    return { front: known ?? frontByScreen(screen), drawn };
  }

  /** Resolves at the next output, after LOOK_AGAIN_MS, or when aborted. */
  #change(signal: AbortSignal): Promise<void> {
    const { clock, shell } = this.#options;
    return new Promise((resolve) => {
      const finish = () => {
        cancel();
        stopWatching();
        signal.removeEventListener("abort", finish);
        resolve();
      };
      const cancel = clock.setTimeout(finish, LOOK_AGAIN_MS);
      const stopWatching = shell.output.watchers.add(finish);
      signal.addEventListener("abort", finish, { once: true });
    });
  }
}

function textBefore(line: XtermLine | undefined, column: number): string {
  let text = "";
  for (let x = 0; line !== undefined && x < Math.min(column, line.length); x++) {
    if (!isRightHalf(line, x)) text += isBlank(line, x) ? " " : charsAt(line, x);
  }
  return text;
}

export function busy(message: string): AgentdError {
  return new AgentdError("shell_busy", message);
}
