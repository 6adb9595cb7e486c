// The unfinished end of a byte stream: the escape sequence or character that a snapshot cannot contain.
import { isExecuted, nextState, State } from "./sequence-parser.js";
import { PENDING, Utf8Splitter } from "./utf8-splitter.js";

/** Longer sequences are replaced by one of the same kind that nothing understands: what they would do is lost, no more. */
export const MAX_TAIL_BYTES = 64 * 1024;

const ESC = 0x1b;
/** First byte of the UTF-8 form of every C1 control. */
const C1_LEAD = 0xc2;
const EMPTY = new Uint8Array(0);

/**
 * Invariant: `bytes` brings a parser that is between sequences into the state in which the whole stream would leave it, and
 * does nothing visible: control characters that were executed in the midst of a sequence are not in it.
 */
export class SequenceTail {
  #state: State = State.Ground;
  /** Bytes of the sequence so far; those of a pending character are always the last. */
  #tail = new Uint8Array(64);
  #length = 0;
  #overflowed = false;
  readonly #utf8 = new Utf8Splitter();

  /** A copy. */
  get bytes(): Uint8Array {
    return this.#length === 0 ? EMPTY : this.#tail.slice(0, this.#length);
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    // ESC begins a sequence in every state, so nothing before the last one matters.
    const begin = bytes.lastIndexOf(ESC);
    if (begin >= 0) {
      this.#restart();
      at = begin;
    }
    while (at < bytes.length) {
      at = this.#state === State.Ground && this.#utf8.pending === 0 ? this.#skipText(bytes, at) : at;
      const byte = bytes[at];
      if (byte === undefined) return;
      this.#pushByte(byte);
      at++;
    }
  }

  /** Between sequences, only a C1 control and an unfinished last character count; returns where to look at bytes again. */
  #skipText(bytes: Uint8Array, from: number): number {
    const begin = bytes.indexOf(ESC, from);
    const c1 = bytes.indexOf(C1_LEAD, from);
    let stop = bytes.length;
    if (begin >= 0) stop = begin;
    if (c1 >= 0) stop = Math.min(stop, c1);
    if (stop < bytes.length) return stop;
    // At most three bytes can be an unfinished character; starting at a lead byte, or at a continuation without one, is exact.
    let start = bytes.length;
    while (start > from && bytes.length - start < 3) {
      start--;
      if (((bytes[start] ?? 0) & 0xc0) !== 0x80) break;
    }
    return start;
  }

  #pushByte(byte: number): void {
    const code = this.#utf8.push(byte);
    if (this.#utf8.rejected) {
      this.#dropPending();
      this.#pushByte(byte);
      return;
    }
    if (code === PENDING) {
      this.#append(byte);
      return;
    }
    const state = this.#state;
    if (code < 0) {
      // An invalid character: its first bytes are in the tail, and go.
      this.#dropPending();
      return;
    }
    const next = nextState(state, code);
    if (next === State.Ground) this.#restart();
    else if (code === ESC || (code >= 0x80 && code <= 0x9f)) {
      this.#begin(code, byte);
    } else if (!isExecuted(state, code)) this.#append(byte);
    this.#state = next;
    this.#pendingFrom = this.#length;
  }

  /** Length of the tail without the pending character. */
  #pendingFrom = 0;

  #dropPending(): void {
    this.#length = Math.min(this.#length, this.#pendingFrom);
  }

  #begin(code: number, byte: number): void {
    this.#length = 0;
    this.#overflowed = false;
    if (code !== ESC) this.#append(C1_LEAD);
    this.#append(byte);
  }

  #restart(): void {
    this.#state = State.Ground;
    this.#length = 0;
    this.#pendingFrom = 0;
    this.#overflowed = false;
  }

  #append(byte: number): void {
    if (this.#overflowed && this.#utf8.pending === 0 && this.#length === this.#pendingFrom) return;
    if (this.#length === MAX_TAIL_BYTES) {
      this.#overflow();
      return;
    }
    if (this.#length === this.#tail.length) {
      const grown = new Uint8Array(Math.min(MAX_TAIL_BYTES, this.#tail.length * 2));
      grown.set(this.#tail);
      this.#tail = grown;
    }
    this.#tail[this.#length++] = byte;
  }

  #overflow(): void {
    const substitute = SUBSTITUTES[this.#state];
    this.#length = 0;
    for (const character of substitute) this.#tail[this.#length++] = character.charCodeAt(0);
    this.#pendingFrom = this.#length;
    this.#overflowed = true;
  }
}

/** Per state, a short sequence that leads into it and that no terminal acts on, whatever follows. */
const SUBSTITUTES: Readonly<Record<State, string>> = {
  [State.Ground]: "",
  [State.Escape]: "\x1b",
  [State.EscapeIntermediate]: "\x1b   ",
  [State.CsiEntry]: "\x1b[",
  [State.CsiParam]: "\x1b[0?",
  [State.CsiIntermediate]: "\x1b[0?",
  [State.CsiIgnore]: "\x1b[0?",
  [State.DcsEntry]: "\x1bP0?",
  [State.DcsParam]: "\x1bP0?",
  [State.DcsIntermediate]: "\x1bP0?",
  [State.DcsIgnore]: "\x1bP0?",
  [State.DcsString]: "\x1bP   ~",
  [State.OscString]: "\x1b]99999;",
  [State.OtherString]: "\x1b_?",
};
