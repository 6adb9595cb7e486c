// Whether somebody has begun to type a line at the prompt: told from the keys that went in since the last Enter.

const CTRL_C = 0x03;
const BACKSPACE = 0x08;
const LF = 0x0a;
const CR = 0x0d;
const CTRL_U = 0x15;
const ESC = 0x1b;
const DELETE = 0x7f;
/** Every line editor that has bracketed paste switches it on when it begins a line. */
const PROMPT_BEGINS = Buffer.from("\x1b[?2004h");

/**
 * `empty`: nothing was typed. `begun`: something stands there. `unsure`: something was typed, and then a new prompt came:
 * most likely it was for the program before, but it may have been typed ahead.
 *
 * Invariant: `empty` is never said of a line that holds keys that this daemon passed on.
 */
export type LineState = "empty" | "begun" | "unsure";

export class TypedLine {
  /** Characters that stand there; Infinity after keys that fetch or move text. */
  #characters = 0;
  #isUnsure = false;
  #hasLineEditor = false;

  get state(): LineState {
    if (this.#characters === 0) return "empty";
    return this.#isUnsure ? "unsure" : "begun";
  }

  typed(bytes: Uint8Array): void {
    this.#isUnsure = false;
    for (const byte of bytes) {
      if (byte === CR || byte === LF || byte === CTRL_C || byte === CTRL_U) this.#characters = 0;
      else if (byte === BACKSPACE || byte === DELETE) this.#characters = Math.max(0, this.#characters - 1);
      else if (byte === ESC) this.#characters = Number.POSITIVE_INFINITY;
      // Continuation bytes of UTF-8 are part of a character that has been counted.
      else if (byte < 0x80 || byte >= 0xc0) this.#characters++;
    }
  }

  output(bytes: Uint8Array): void {
    if (this.#characters === 0 && this.#hasLineEditor) return;
    const isNewPrompt = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(PROMPT_BEGINS);
    this.#hasLineEditor ||= isNewPrompt;
    // Without a line editor no key but Enter makes a new line: what else makes one is a program's.
    if (isNewPrompt || (!this.#hasLineEditor && bytes.includes(LF))) this.#isUnsure = true;
  }

  /** Whoever runs a command has seen to it that the line is empty. */
  cleared(): void {
    this.#characters = 0;
  }
}
