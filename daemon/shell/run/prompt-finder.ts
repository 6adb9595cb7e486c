// Waits until a shell stands at an empty prompt, for as long as that is likely to happen.

import { AgentdError } from "../../../shared/errors.js";
import { charsAt, isBlank, isRightHalf } from "../../terminal/drawing/line-writer.js";
import type { XtermLine } from "../../terminal/xterm/xterm-state.js";
import type { Clock } from "../../upstream/clock.js";
import type { EnterAnswer } from "../input/typed-line.js";
import { look } from "../output/readable-output.js";
import { isContinuation } from "./continuation.js";
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

/** Keys that came before the prompt are on the screen by then, even on a machine that has much to do. */
const AHEAD_PATIENCE_MS = 1_000;
/** A program that was started by an Enter without an echo, and ends without a new line. */
const ANSWER_PATIENCE_MS = 1_000;

interface Drawn {
  readonly paste: boolean;
  /** The cursor's line, up to the cursor. */
  readonly text: string;
  /** How many Enters had been typed by then. */
  readonly enters: number;
}

/** The prompt that waits. */
export interface FoundPrompt {
  /** A line editor is at work. */
  readonly hasEditor: boolean;
  /** The process that reads there, on this machine. */
  readonly pid?: number | undefined;
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
   * The prompt that waits, whose line is empty: true in the turn in which this resolves. Undefined: aborted first.
   * @throws AgentdError `shell_busy` with what is in front; nothing was typed, but with `force` a Ctrl-C.
   */
  async find(signal: AbortSignal): Promise<FoundPrompt | undefined> {
    const { clock, force, shell } = this.#options;
    const { line } = shell.input;
    const began = clock.monotonic();
    const { name } = shell.record;
    let isCleared = false;
    let promptSince: number | undefined;
    for (;;) {
      if (signal.aborted) return undefined;
      // Before the look: output that comes while it is being looked means another look.
      const changed = this.#change(signal);
      const keys = line.keyCount;
      const { front, drawn } = force ? {} : await this.#front(clock.monotonic() - began);
      // What was seen is from before these keys.
      if (line.keyCount !== keys) continue;
      const { state } = line;
      if (front?.kind === "prompt") promptSince ??= clock.monotonic();
      else promptSince = undefined;
      if (front === undefined || front.kind === "prompt") {
        if (state === "empty" || (isCleared && state === "unsure")) {
          const isPlain = front?.isPlain === true;
          const waited = clock.monotonic() - (promptSince ?? began);
          // A shell that has shown a prompt will show one again.
          const patience = started.has(shell) ? AHEAD_PATIENCE_MS : DRAW_PATIENCE_MS;
          if (drawn !== undefined && waited < patience && !this.#isLikeBefore(drawn, isPlain)) {
            await changed;
            continue;
          }
          if (drawn !== undefined) started.set(shell, drawn);
          return { hasEditor: !isPlain, pid: front?.pid };
        }
        if ((state === "begun" && !force) || (drawn !== undefined && this.#isTypedAhead(drawn))) {
          throw busy(`somebody is typing in '${name}' · try again, or --force drops that line`);
        }
        // What was typed before the prompt came is drawn behind it, but later.
        if (drawn !== undefined && clock.monotonic() - (promptSince ?? began) < AHEAD_PATIENCE_MS) {
          await changed;
          continue;
        }
        shell.input.type(Uint8Array.of(0x03));
        line.cleared();
        isCleared = true;
      } else if (clock.monotonic() - began > this.#patience(front.isShell)) {
        throw busy(`'${name}' is busy: ${front.what} · nothing was typed`);
      }
      await changed;
    }
  }

  #patience(isShell: boolean): number {
    const { clock, shell } = this.#options;
    const isYoung =
      clock.now() - shell.record.createdAt < YOUNG_MS && !shell.output.isAlternate && !started.has(shell);
    if (isYoung) return YOUNG_PATIENCE_MS;
    return isShell ? SHELL_PATIENCE_MS : PROGRAM_PATIENCE_MS;
  }

  /** Prompts of a shell change, but end alike: what ends otherwise has something behind it. */
  #isTypedAhead({ text }: Drawn): boolean {
    const end = started.get(this.#options.shell)?.text.trimEnd().at(-1);
    return end !== undefined && text.trim() !== "" && !text.trimEnd().endsWith(end);
  }

  #isLikeBefore({ paste, text }: Drawn, isPlain: boolean): boolean {
    const before = started.get(this.#options.shell) ?? { paste: true, text: "$" };
    return (paste || isPlain || !before.paste) && (text.trim() !== "" || before.text.trim() === "");
  }

  async #front(waitedMs: number): Promise<{ front: Front; drawn: Drawn }> {
    const { host, shell } = this.#options;
    // Before the look: an answer that comes meanwhile is not on what is seen.
    const { enterAnswer, enterCount: enters } = shell.input.line;
    const screen = await look(shell.output, ({ active, dec }) => ({
      isAlternate: shell.output.isAlternate,
      bracketedPaste: dec.bracketedPasteMode,
      beforeCursor: textBefore(active.lines.get(active.ybase + active.y), active.x),
      phase: shell.output.watchers.prompt.state?.phase,
    }));
    const { pid } = shell.info();
    const known = pid === undefined ? undefined : await frontByProcess(host, pid, screen);
    const drawn = { paste: screen.bracketedPaste, text: screen.beforeCursor, enters };
    const front = known ?? frontByScreen(screen);
    return {
      front: front.kind === "prompt" ? this.#doubted(front, drawn, enterAnswer, waitedMs) : front,
      drawn,
    };
  }

  /** What somebody has just entered may be a program that is about to start, or the beginning of a command. */
  #doubted(front: Front, { enters, text }: Drawn, enterAnswer: EnterAnswer, waitedMs: number): Front {
    if (enterAnswer === "none" || (enterAnswer === "some" && waitedMs < ANSWER_PATIENCE_MS)) {
      return { kind: "other", what: "it has not answered what was typed last", isShell: true };
    }
    const before = started.get(this.#options.shell);
    if (enters === (before?.enters ?? 0) || text === before?.text || !isContinuation(text)) return front;
    return { kind: "other", what: "an unfinished command stands there", isShell: true };
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
