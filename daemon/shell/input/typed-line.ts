// Whether somebody has begun to type a line at the prompt: told from the keys that went in since the last Enter.

const CTRL_C = 0x03;
const BACKSPACE = 0x08;
const LF = 0x0a;
const CTRL_L = 0x0c;
const CR = 0x0d;
const CTRL_U = 0x15;
const CTRL_V = 0x16;
const ESC = 0x1b;
const SPACE = 0x20;
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

/** What came since the last Enter or Ctrl-C: `none`; `some`, which may have been on its way before; `line`: a new line or a prompt. */
export type EnterAnswer = "none" | "some" | "line";

export class TypedLine {
  /** Characters that stand there; Infinity after keys that fetch or move text, or move within it. */
  #characters = 0;
  /** Whatever comes next is text: Alt with a key, or Ctrl-V. */
  #isNextText = false;
  #isUnsure = false;
  #hasLineEditor = false;
  #answer: EnterAnswer = "line";
  #keyCount = 0;
  #enterCount = 0;

  get state(): LineState {
    if (this.#characters === 0) return "empty";
    return this.#isUnsure ? "unsure" : "begun";
  }

  /** All bytes ever typed; the same number again: nobody typed meanwhile. */
  get keyCount(): number {
    return this.#keyCount;
  }

  /** All lines ever ended by Enter. */
  get enterCount(): number {
    return this.#enterCount;
  }

  /** As long as it is `none`, what is to be seen is from before the Enter. */
  get enterAnswer(): EnterAnswer {
    return this.#answer;
  }

  typed(bytes: Uint8Array): void {
    this.#isUnsure = false;
    this.#keyCount += bytes.length;
    // A paste is text for the most part: counted here, and kept up with before each other key.
    let characters = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte >= SPACE && byte !== DELETE && !this.#isNextText) {
        // Continuation bytes of UTF-8 are part of a character that has been counted.
        if (byte < 0x80 || byte >= 0xc0) characters++;
        continue;
      }
      this.#characters += characters;
      characters = 0;
      this.#key(byte);
    }
    this.#characters += characters;
  }

  /** A control character, or whatever follows ESC or Ctrl-V. */
  #key(byte: number): void {
    const isText = this.#isNextText;
    this.#isNextText = byte === ESC || byte === CTRL_V;
    if (isText) this.#characters = Number.POSITIVE_INFINITY;
    else if (byte === CR || byte === LF) {
      this.#characters = 0;
      this.#enterCount++;
      this.#answer = "none";
    } else if (byte === CTRL_C) this.cleared();
    // What stands behind the cursor survives a Ctrl-U.
    else if (byte === CTRL_U) this.#characters = Number.isFinite(this.#characters) ? 0 : this.#characters;
    else if (byte === BACKSPACE || byte === DELETE) this.#characters = Math.max(0, this.#characters - 1);
    else if (byte !== CTRL_L) this.#characters = Number.POSITIVE_INFINITY;
  }

  output(bytes: Uint8Array): void {
    if (this.#characters === 0 && this.#hasLineEditor && this.#answer === "line") return;
    const isNewPrompt = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(PROMPT_BEGINS);
    const isNewLine = isNewPrompt || bytes.includes(LF);
    if (this.#answer !== "line") this.#answer = isNewLine ? "line" : "some";
    this.#hasLineEditor ||= isNewPrompt;
    // Without a line editor no key but Enter makes a new line: what else makes one is a program's.
    if (isNewPrompt || (!this.#hasLineEditor && isNewLine)) this.#isUnsure = true;
  }

  /** By a Ctrl-C, which on its way drops what is typed behind it: it has to be answered like an Enter. */
  cleared(): void {
    this.#characters = 0;
    this.#answer = "none";
  }
}
