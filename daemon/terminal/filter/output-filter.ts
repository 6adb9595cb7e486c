// What of a shell's output its clients get: text as it came, and whole escape sequences that do no harm.
import { HeldSequence, withinLimit } from "./held-sequence.js";
import { judgeSequence, type Sequence, SequenceKind } from "./output-judge.js";
import { joined, type OutputPiece, OutputPieces } from "./output-pieces.js";
import { MAX_CLIPBOARD_CHARS } from "./output-policy-osc.js";
import { contentEnd, isPlain, isPlainAfterLead, LIVE_STOPS, plainEnd, REPLAY_STOPS } from "./output-scan.js";
import { OutputTurns } from "./output-turns.js";
import { type BlockedKind, latin1Bytes, type VerdictContext } from "./output-verdict.js";

export interface OutputFilterOptions {
  /** Programs may write the clipboard. Default false. */
  readonly clipboard?: boolean;
  /** The shell's name now, for texts that leave its window. */
  name(): string;
  /** Milliseconds. */
  now(): number;
  /** The person should know of it; at most once in 5 s for each kind. */
  onBlocked(what: BlockedKind, bytes: number): void;
}

/** A longer string is dropped up to its end. */
export const MAX_STRING_BYTES = 64 * 1024;
/** A longer control sequence is none: its beginning is dropped, and what follows is text. */
const MAX_CONTROL_BYTES = 512;

const ENQ = 0x05;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
const ESC = 0x1b;
const DEL = 0x7f;
const BACKSLASH = 0x5c;
/** First byte of the UTF-8 form of every C1 control. */
const C1_LEAD = 0xc2;

const Phase = {
  Ground: 0,
  Lead: 1,
  Escape: 2,
  Intermediate: 3,
  Control: 4,
  String: 5,
  StringEscape: 6,
} as const;
type Phase = (typeof Phase)[keyof typeof Phase];

const EMPTY = new Uint8Array(0);

/**
 * One per shell. Invariants:
 * 1. What comes out holds only whole sequences, so it ends between two of them; the unfinished one is held back.
 * 2. Nothing is reordered and no other byte is held, but for control characters inside a sequence: they come out before it.
 * 3. The output does not depend on how the input is cut, except for when a held sequence comes out.
 * 4. A parser that starts with this filter between sequences, at `consumed` bytes, sees what follows as this one does.
 * 5. Memory is bounded: of a sequence that is too long only the first bytes and its length are kept.
 */
export class OutputFilter {
  readonly #options: OutputFilterOptions;
  readonly #context: VerdictContext;
  #replaying = false;
  #phase: Phase = Phase.Ground;
  #kind: Sequence["kind"] = SequenceKind.Escape;
  /** C2 was the last byte of the string or sequence. */
  #lead = false;
  /** The sequence holds control characters that are executed on their own. */
  #hasControls = false;
  readonly #held = new HeldSequence();
  #chunk: Uint8Array = EMPTY;
  #pieces = new OutputPieces(EMPTY);
  /** Where the present sequence begins in the chunk; negative when in an earlier one. */
  #begin = 0;

  constructor(options: OutputFilterOptions) {
    this.#options = options;
    const turns = new OutputTurns(options.now);
    const isReplaying = () => this.#replaying;
    this.#context = {
      get replaying() {
        return isReplaying();
      },
      clipboard: options.clipboard === true,
      get name() {
        return options.name();
      },
      takeTurn: () => turns.take("notification"),
      blocked: (what, bytes) => {
        if (!this.#replaying && turns.take(`blocked ${what}`)) options.onBlocked(what, bytes);
      },
    };
  }

  /** Bytes of the input that are part of an unfinished sequence: they come out later, or never. */
  get heldBytes(): number {
    return this.#held.length;
  }

  /** Whether another filter would go on as this one does. */
  standsAs(other: OutputFilter): boolean {
    return this.#phase === other.#phase && this.heldBytes === other.heldBytes;
  }

  /** What comes out for `bytes`: themselves, the same object, when nothing is held and nothing changes. */
  push(bytes: Uint8Array, replaying = false): Uint8Array {
    const pieces = this.pieces(bytes, replaying);
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0].bytes : joined(pieces).bytes;
  }

  /** The same in pieces, so that a client can count exactly what each stands for. @param replaying it is output of the past */
  pieces(bytes: Uint8Array, replaying = false): readonly OutputPiece[] {
    this.#replaying = replaying;
    if (this.#phase === Phase.Ground && isPlain(bytes, this.#stops))
      return [{ bytes, consumed: bytes.length }];
    this.#chunk = bytes;
    this.#begin = -this.#held.length;
    this.#pieces = new OutputPieces(bytes);
    for (let at = 0; at < bytes.length; ) {
      if (this.#phase === Phase.Ground) {
        at = plainEnd(bytes, at, this.#stops);
        if (at < bytes.length) at = this.#leaveGround(at);
      } else at = this.#step(at, bytes[at] as number);
    }
    return this.#finishChunk();
  }

  get #stops(): Uint8Array {
    return this.#replaying ? REPLAY_STOPS : LIVE_STOPS;
  }

  #leaveGround(at: number): number {
    const byte = this.#chunk[at];
    if (byte === ENQ || byte === BEL) {
      this.#pieces.replace(at, at + 1, EMPTY);
      return at + 1;
    }
    this.#start(at, byte === ESC ? Phase.Escape : Phase.Lead);
    return at + 1;
  }

  #start(begin: number, phase: Phase): void {
    this.#begin = begin;
    this.#phase = phase;
    this.#kind = SequenceKind.Escape;
    this.#lead = false;
    this.#hasControls = false;
  }

  /** One byte that is not in the ground state; returns where to go on. */
  #step(at: number, byte: number): number {
    const phase = this.#phase;
    if (phase === Phase.Lead) return this.#stepAfterLead(at, byte);
    if (this.#lead) {
      this.#lead = false;
      if (byte >= 0x80 && byte <= 0x9f) return this.#stepC1(at, byte);
      // No control, but a character: content of a string, the end of anything else.
      if (phase < Phase.String) return this.#abort(at - 1);
    }
    if (phase === Phase.StringEscape) {
      if (byte === BACKSLASH) return this.#finish(at + 1, 2);
      return this.#abort(at - 1);
    }
    if (byte === CAN || byte === SUB) return this.#abort(at);
    if (byte === C1_LEAD) {
      this.#lead = true;
      return at + 1;
    }
    if (phase === Phase.String) return this.#stepString(contentEnd(this.#chunk, at));
    if (byte === ESC || byte >= 0x80 || at - this.#begin >= MAX_CONTROL_BYTES) return this.#abort(at);
    if (byte < 0x20 || byte === DEL) {
      this.#hasControls = true;
      return at + 1;
    }
    return this.#stepControl(at, byte);
  }

  #stepControl(at: number, byte: number): number {
    if (this.#phase === Phase.Escape && byte >= 0x30) return this.#introduce(at, byte + 0x40);
    if (this.#phase === Phase.Escape) this.#phase = Phase.Intermediate;
    const isFinal = this.#phase === Phase.Control ? byte >= 0x40 : byte >= 0x30;
    return isFinal ? this.#finish(at + 1, 0) : at + 1;
  }

  #stepString(at: number): number {
    const byte = this.#chunk[at];
    if (byte === undefined || byte === C1_LEAD || byte === CAN || byte === SUB) return at;
    if (byte === BEL && this.#kind === SequenceKind.Osc) return this.#finish(at + 1, 1);
    if (byte === ESC) this.#phase = Phase.StringEscape;
    return at + 1;
  }

  /** C2 stands alone so far: with this byte it is a control or a character. */
  #stepAfterLead(at: number, byte: number): number {
    if (byte >= 0x80 && byte <= 0x9f) return this.#introduce(at, byte);
    this.#release(at, isPlainAfterLead(byte, this.#stops) ? undefined : EMPTY);
    return at;
  }

  /** @param code the C1 control, or what stands for it after ESC. */
  #introduce(at: number, code: number): number {
    switch (code) {
      case 0x9b:
        this.#kind = SequenceKind.Csi;
        this.#phase = Phase.Control;
        return at + 1;
      case 0x9d:
        this.#kind = SequenceKind.Osc;
        break;
      case 0x90:
        this.#kind = SequenceKind.Dcs;
        break;
      case 0x98:
      case 0x9e:
      case 0x9f:
        this.#kind = SequenceKind.Other;
        break;
      default:
        this.#kind = this.#phase === Phase.Lead ? SequenceKind.C1 : SequenceKind.Escape;
        return this.#finish(at + 1, 0);
    }
    this.#phase = Phase.String;
    return at + 1;
  }

  /** A C1 control inside a sequence: ST ends a string, any other begins something new. */
  #stepC1(at: number, byte: number): number {
    if (this.#phase === Phase.String && byte === 0x9c) return this.#finish(at + 1, 2);
    this.#abort(at - 1);
    this.#start(at - 1, Phase.Lead);
    return this.#introduce(at, byte);
  }

  /** The sequence is complete with the byte before `end`; the last bytes of it are its terminator. */
  #finish(end: number, terminator: number): number {
    const bytes = this.#sequence(end);
    const verdict = judgeSequence(this.#describe(bytes, end, terminator), this.#context);
    this.#release(end, verdict === "pass" ? undefined : verdict === "drop" ? EMPTY : latin1Bytes(verdict));
    return end;
  }

  /** The sequence ends unfinished before `end`, which is where to go on: nothing of it but its control characters comes out. */
  #abort(end: number): number {
    const bytes = this.#sequence(end);
    const verdict = judgeSequence(this.#describe(bytes, end, undefined), this.#context);
    // The byte that ended it may have come with an earlier chunk.
    const last = end < 0 ? this.#held.last : undefined;
    this.#release(end, verdict === "drop" ? EMPTY : latin1Bytes(verdict));
    if (last === undefined) return end;
    this.#start(end, last === ESC ? Phase.Escape : Phase.Lead);
    this.#held.append(Uint8Array.of(last), this.#limit);
    return 0;
  }

  #describe(bytes: Uint8Array, end: number, terminator: number | undefined): Sequence {
    const length = end - this.#begin;
    const isOverlong = length > bytes.length;
    return { kind: this.#kind, bytes, terminator, length, isOverlong, hasControls: this.#hasControls };
  }

  /** Back to the ground state at `end`: the sequence passes as it is, or `instead` comes out. */
  #release(end: number, instead: Uint8Array | undefined): void {
    // Wholly in this chunk and unchanged: it stays part of what is clean.
    if (instead !== undefined || this.#begin < 0)
      this.#pieces.replace(this.#begin, end, instead ?? this.#sequence(end));
    this.#held.clear();
    this.#phase = Phase.Ground;
    this.#lead = false;
  }

  /** The bytes of the present sequence up to `end`; without its middle when it is too long. */
  #sequence(end: number): Uint8Array {
    if (this.#begin < 0) return this.#held.with(this.#chunk, end, this.#limit);
    return withinLimit(this.#chunk.subarray(this.#begin, end), this.#limit);
  }

  get #limit(): number {
    return this.#kind === SequenceKind.Osc && this.#options.clipboard === true
      ? Math.max(MAX_STRING_BYTES, MAX_CLIPBOARD_CHARS)
      : MAX_STRING_BYTES;
  }

  #finishChunk(): readonly OutputPiece[] {
    if (this.#phase === Phase.Ground) this.#pieces.passUntil(this.#chunk.length);
    else {
      this.#pieces.passUntil(this.#begin);
      this.#held.append(this.#chunk.subarray(Math.max(0, this.#begin)), this.#limit);
    }
    this.#chunk = EMPTY;
    return this.#pieces.take();
  }
}
