// Removes the questions that programs ask the terminal, for clients whose terminal must not answer.
import { ByteBuffer } from "../stream/byte-buffer.js";
import { isExecuted, isIgnored, nextState, State } from "../stream/sequence-parser.js";
import { PENDING, Utf8Splitter } from "../stream/utf8-splitter.js";
import { unfinishedLength } from "../stream/whole-characters.js";
import { isText, nextSpecial } from "./query-scan.js";
import {
  isColorList,
  isCsiQuery,
  isDcsQuery,
  isGraphicsQuery,
  mayBeOscQuery,
  withoutOscQueries,
} from "./terminal-query.js";

/** A sequence that is longer than any question is let through. */
export const MAX_HELD_BYTES = 4096;
/** A list of colours that is longer sets none. */
const MAX_TEXT_BYTES = 64 * 1024;

const ESC = 0x1b;
const ENQ = 0x05;
const BEL = 0x07;
const C1_LEAD = 0xc2;

/** CAN ends a control sequence whose beginning was already sent. */
const CANCEL_CONTROL = Uint8Array.of(0x18);
/** For strings: spoils the text first, since some terminals act on a string that CAN cut, and ends it where CAN does not. */
const CANCEL_STRING = Uint8Array.of(0x78, 0x18, ESC, 0x5c);
/** ST: ends whatever is unfinished where the first byte of a question would have ended it. */
const END = Uint8Array.of(ESC, 0x5c);
const NOTHING = new Uint8Array(0);
/** U+FFFD: what every terminal makes of a C2 that stands alone. */
const REPLACEMENT = Uint8Array.of(0xef, 0xbf, 0xbd);

/** What becomes of the sequence that is being read. */
type Fate = "undecided" | "pass" | "drop";

/**
 * A filter over one client's output. Everything that is not a question comes out unchanged and in order; the output does not
 * depend on how the input is cut, except for when a held sequence comes out.
 *
 * Invariants: what stands before a question that goes is not joined with what stands behind it, to a sequence or a character
 * that the program did not send; `#held` are the bytes of the undecided sequence that the client has not got, at most MAX_HELD_BYTES; `#text` is
 * what that sequence says so far, including what the client already has.
 */
export class QueryFilter {
  #state: State = State.Ground;
  #fate: Fate = "pass";
  readonly #held = new ByteBuffer();
  /** Control characters that were executed inside the held sequence: they stay when it goes. */
  readonly #executed = new ByteBuffer();
  /** Bytes of a character that is not complete; only C2, which may begin a C1 control, is waited for. */
  readonly #character = new ByteBuffer();
  readonly #utf8 = new Utf8Splitter();
  #text = "";
  /** The client has the beginning of this sequence: it can only be cancelled. */
  #begunAtClient = false;
  /** Ends what the present sequence cut off at the client, should the present one go. */
  #ending: Uint8Array = NOTHING;
  /** The client was sent a C2 that nothing has followed yet. */
  #leadAtClient = false;
  /** The ST of a string that was dropped goes too. */
  #dropTerminator = false;
  readonly #out = new ByteBuffer();

  /** @param tail the unfinished sequence that the client was sent last, empty if none. */
  constructor(tail: Uint8Array) {
    for (const byte of tail) this.#pushByte(byte);
    // A question may be recognised already: then its cancellation is the first thing that the client gets.
    const cancelled = this.#fate === "drop";
    this.#out.truncate(0);
    this.#held.truncate(0);
    this.#executed.truncate(0);
    this.#character.truncate(0);
    this.#begunAtClient = this.#state !== State.Ground;
    this.#ending = NOTHING;
    this.#leadAtClient = this.#utf8.pending > 0 && tail.at(-1) === C1_LEAD;
    if (cancelled) this.#out.append(CANCEL_STRING);
  }

  /** How many bytes of the input are held back, and will come out or be dropped later. */
  get heldBytes(): number {
    return this.#held.length + this.#character.length;
  }

  /** Returns what of `bytes`, and of what was held, the client gets now: themselves, the same object, when that is all of them. */
  push(bytes: Uint8Array): Uint8Array {
    let at = 0;
    let text: boolean | undefined;
    while (at < bytes.length) {
      if (this.#state === State.Ground && this.#utf8.pending === 0) {
        text ??= isText(bytes, at);
        const stop = text ? bytes.length - unfinishedLength(bytes.subarray(at)) : nextSpecial(bytes, at);
        if (stop - at === bytes.length && this.#out.length === 0) return bytes;
        this.#out.append(bytes.subarray(at, stop));
        at = stop;
      }
      const byte = bytes[at++];
      if (byte !== undefined) this.#pushByte(byte);
    }
    return this.#out.take();
  }

  /** The held bytes: the client leads from now on and gets everything. Not to be used afterwards. */
  flush(): Uint8Array {
    if (this.#fate === "undecided") this.#pass();
    this.#out.append(this.#character.take());
    return this.#out.take();
  }

  #pushByte(byte: number): void {
    const code = this.#utf8.push(byte);
    const leadAtClient = this.#leadAtClient;
    this.#leadAtClient = false;
    if (this.#utf8.rejected) {
      this.#keepBroken(this.#character.take(), byte, leadAtClient);
      this.#pushByte(byte);
      return;
    }
    this.#character.push(byte);
    if (code === PENDING) return;
    const character = this.#character.take();
    if (code < 0) this.#keep(character);
    else this.#pushCode(code, character, leadAtClient);
  }

  /** An unfinished character before `next`: if that goes, a C2 must not become a control with what follows. */
  #keepBroken(bytes: Uint8Array, next: number, leadAtClient: boolean): void {
    const mayGo = next === ESC || next === ENQ || next === C1_LEAD;
    if (mayGo && leadAtClient) this.#out.append(CANCEL_CONTROL);
    this.#keep(mayGo && bytes.length === 1 && bytes[0] === C1_LEAD ? REPLACEMENT : bytes);
  }

  /** @param leadAtClient the first byte of this character is at the client already */
  #pushCode(code: number, bytes: Uint8Array, leadAtClient: boolean): void {
    const state = this.#state;
    if (code === ENQ && isExecuted(state, code)) return;
    const next = nextState(state, code);
    const begins = code === ESC || (code >= 0x80 && code <= 0x9f && next !== State.Ground);
    if (begins) {
      const isCutOff = this.#endString(state, []) === "pass" && state !== State.Ground;
      this.#ending = isCutOff ? END : NOTHING;
      this.#begin(next, bytes, leadAtClient);
      return;
    }
    if (state === State.Ground) {
      this.#out.append(bytes);
      return;
    }
    if (isExecuted(state, code) && next === state) {
      this.#executed.append(bytes);
      this.#keep(bytes);
      return;
    }
    if (next === state && isIgnored(state, code)) {
      this.#keep(bytes);
      return;
    }
    this.#state = next;
    if (state === State.OscString && next === State.Ground) {
      this.#endString(state, bytes);
      return;
    }
    if (next === State.Ground && (state === State.DcsString || state === State.OtherString)) {
      this.#endString(state, bytes);
      return;
    }
    this.#keep(bytes);
    if (this.#fate === "undecided") this.#decide(state, next, code);
  }

  #begin(next: State, bytes: Uint8Array, begunAtClient: boolean): void {
    this.#state = next;
    this.#fate = "undecided";
    this.#text = "";
    this.#begunAtClient = begunAtClient;
    this.#held.append(bytes);
  }

  /** Decides as early as possible; called after each byte of an undecided sequence. */
  #decide(state: State, next: State, code: number): void {
    if (state === State.Escape && next !== State.Ground && next !== State.EscapeIntermediate) return;
    // Questions are ASCII; any other character just has to be different.
    this.#text += code < 0x80 ? String.fromCharCode(code) : "\u00ff";
    if (next === State.OscString) {
      if (!mayBeOscQuery(this.#text)) this.#pass();
      return;
    }
    if (next === State.OtherString) {
      if (!this.#text.startsWith("G") || (this.#text.endsWith(";") && !isGraphicsQuery(this.#text)))
        this.#pass();
      else if (this.#text.endsWith(";")) this.#drop(CANCEL_STRING);
      return;
    }
    if (next === State.DcsString) {
      if (isDcsQuery(this.#text)) this.#drop(CANCEL_STRING);
      else this.#pass();
      return;
    }
    if (next !== State.Ground) return;
    if (state === State.Escape) this.#finishEscape();
    else if (isCsi(state) && isCsiQuery(this.#text)) this.#drop(CANCEL_CONTROL);
    else this.#pass();
    this.#fate = "pass";
  }

  /** ESC and one byte: DECID asks; ST belongs to the string before it. */
  #finishEscape(): void {
    const isTerminator = this.#text === "\\" && this.#dropTerminator;
    if (this.#text === "Z" || isTerminator) this.#drop(CANCEL_CONTROL);
    else this.#pass();
    this.#dropTerminator = false;
  }

  /** A string ends, by its terminator or because another sequence begins; `terminator` is a BEL, a control, or nothing yet. */
  #endString(state: State, terminator: Uint8Array | readonly []): Fate {
    if (this.#fate === "undecided") {
      if (state === State.OscString && (terminator.length === 0 || isEndOfOsc(terminator)))
        this.#endOsc(terminator);
      else if (state === State.OtherString && isGraphicsQuery(this.#text)) this.#drop(CANCEL_STRING);
      else this.#pass();
    }
    const isDropped = this.#fate === "drop";
    this.#fate = "pass";
    // Only a string's own ST goes with it.
    this.#dropTerminator = isDropped && terminator.length === 0;
    if (!isDropped && terminator.length > 0) this.#out.append(Uint8Array.from(terminator));
    return isDropped ? "drop" : "pass";
  }

  #endOsc(terminator: Uint8Array | readonly []): void {
    const bodies = withoutOscQueries(this.#text);
    if (bodies.length === 1 && bodies[0] === this.#text) {
      this.#pass();
      return;
    }
    this.#drop(CANCEL_STRING);
    if (this.#begunAtClient) return;
    const end = terminator[0] === BEL ? "\x07" : "\x1b\\";
    for (const body of bodies) this.#out.append(latin1(`\x1b]${body}${end}`));
  }

  #pass(): void {
    this.#fate = "pass";
    this.#out.append(this.#held.take());
    this.#executed.truncate(0);
  }

  #drop(cancel: Uint8Array): void {
    this.#fate = "drop";
    this.#held.truncate(0);
    this.#out.append(this.#ending);
    this.#ending = NOTHING;
    this.#out.append(this.#executed.take());
    if (this.#begunAtClient) this.#out.append(cancel);
  }

  /** Bytes that belong to the present sequence, whatever becomes of it. */
  #keep(bytes: Uint8Array): void {
    if (this.#state === State.Ground && this.#fate !== "undecided") this.#out.append(bytes);
    else if (this.#fate === "pass") this.#out.append(bytes);
    else if (this.#fate === "undecided") {
      this.#held.append(bytes);
      if (this.#held.length > MAX_HELD_BYTES) this.#passLong();
      else if (this.#text.length > MAX_TEXT_BYTES) this.#drop(CANCEL_STRING);
    }
  }

  /** Only a list of colours may ask behind so much: its beginning is sent, and spoilt when it asks before its end. */
  #passLong(): void {
    if (this.#state !== State.OscString || !isColorList(this.#text)) this.#pass();
    else if (this.#text.includes(";?")) this.#drop(CANCEL_STRING);
    else {
      this.#out.append(this.#held.take());
      this.#executed.truncate(0);
      this.#begunAtClient = true;
    }
  }
}

function isCsi(state: State): boolean {
  return state >= State.CsiEntry && state <= State.CsiIgnore;
}

function isEndOfOsc(terminator: Uint8Array | readonly []): boolean {
  // BEL, or the C1 form of ST; CAN and SUB cancel.
  return terminator[0] === BEL || (terminator[0] === C1_LEAD && terminator[1] === 0x9c);
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
