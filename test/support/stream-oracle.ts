// The byte oracle of the reliability experiments: a stream in which every 32 bytes say where they stand, and the judge of what came of it.
import { join } from "node:path";

/** Writes the stream and logs its input; see there for the arguments. */
export const STREAM_PROGRAM = join(import.meta.dirname, "stream-program.py");

/** `<16 hex position> <8 hex check> ....\r\n` */
export const BLOCK_BYTES = 32;
const BLOCK = /([0-9a-f]{16}) ([0-9a-f]{8}) \.{4}\r\n/g;
/** After the last block: the length of the stream. */
const END = /^<end ([0-9a-f]{16})>\r\n/;
export const END_BYTES = 24;

/** The same function as in the program: a block that was put together from two others does not pass for one. */
function checkOf(position: number): number {
  let value = Math.imul((position ^ 0x9e3779b9) >>> 0, 0x85ebca6b) >>> 0;
  value = (value ^ (value >>> 13)) >>> 0;
  value = Math.imul(value, 0xc2b2ae35) >>> 0;
  return (value ^ (value >>> 16)) >>> 0;
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");

/** `length` bytes of the true stream from `position` on. */
export function trueStream(position: number, length: number): Buffer {
  const first = Math.floor(position / BLOCK_BYTES) * BLOCK_BYTES;
  let text = "";
  for (let at = first; at < position + length; at += BLOCK_BYTES)
    text += `${hex(at, 16)} ${hex(checkOf(at), 8)} ....\r\n`;
  return Buffer.from(text, "latin1").subarray(position - first, position - first + length);
}

/** Half-open, in bytes of the true stream. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A place where the received stream does not go on as the true one. */
export interface Jump {
  /** Received bytes before it, the prelude included; without a mark the true place may be up to a block earlier. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  /** Bytes between that are no part of the stream. */
  readonly garbage: number;
}

export interface Judgement {
  /** Length of the true stream, when its end has come. */
  readonly length: number | undefined;
  readonly lost: number;
  readonly doubled: number;
  /** Bytes that came later than ones behind them, and for the first time. */
  readonly reordered: number;
  readonly garbage: number;
  readonly jumps: readonly Jump[];
}

/** Judges a stream while it comes. What precedes the first whole block (a prompt, an echoed command) is the prelude. */
export class StreamOracle {
  readonly jumps: Jump[] = [];
  readonly #segments: { from: number; to: number }[] = [];
  #pending: Buffer = Buffer.alloc(0);
  /** Received bytes. */
  bytes = 0;
  /** Of these, bytes before the stream. */
  preludeBytes = 0;
  /** Where the stream begins for this receiver. */
  readonly #start: number | "anywhere";
  #length: number | undefined;
  #mark: number | undefined;
  #furthest = 0;

  /** @param start first position that has to come; `anywhere`: the receiver joined when the stream was flowing. */
  constructor(start: number | "anywhere" = 0) {
    this.#start = start;
  }

  /** Everything up to here came, not necessarily without holes. */
  get furthest(): number {
    return this.#furthest;
  }

  get hasBegun(): boolean {
    return this.#segments.length > 0;
  }

  get hasEnded(): boolean {
    return this.#length !== undefined;
  }

  /** Which parts of the stream came, each once, ascending. */
  get covered(): Range[] {
    return merged(this.#segments);
  }

  push(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.#pending = this.#pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#pending, bytes]);
    while (this.#step());
  }

  /** The stream may jump here: of bytes that would be right before and behind a jump, those after the mark are behind it. */
  mark(): void {
    this.#mark = this.bytes;
  }

  judge(): Judgement {
    const covered = merged(this.#segments);
    const start = this.#start === "anywhere" ? (this.#segments[0]?.from ?? 0) : this.#start;
    const whole = { from: start, to: this.#length ?? this.#furthest };
    const seen = sum(covered);
    const sent = sum(this.#segments);
    let reordered = 0;
    let furthest = start;
    this.#segments.forEach(({ from, to }, index) => {
      const late = { from, to: Math.min(to, furthest) };
      if (late.to > late.from)
        reordered += late.to - late.from - overlap(late, merged(this.#segments.slice(0, index)));
      furthest = Math.max(furthest, to);
    });
    return {
      length: this.#length,
      lost: whole.to - whole.from - overlap(whole, covered),
      doubled: sent - seen,
      reordered,
      garbage: this.jumps.reduce((all, { garbage }) => all + garbage, 0) + this.#pending.length,
      jumps: this.jumps,
    };
  }

  /** One step of reading; false: more bytes are needed. */
  #step(): boolean {
    const pending = this.#pending;
    if (pending.length === 0) return false;
    const segment = this.#segments.at(-1);
    if (segment === undefined) return this.#jump();
    const expected = trueStream(segment.to, pending.length);
    let same = 0;
    while (same < pending.length && pending[same] === expected[same]) same += 1;
    segment.to += same;
    this.#furthest = Math.max(this.#furthest, segment.to);
    this.#pending = pending.subarray(same);
    if (same > 0) return this.#pending.length > 0;
    const end = END.exec(pending.subarray(0, END_BYTES).toString("latin1"));
    if (end !== null) {
      this.#length = Number.parseInt(end[1]!, 16);
      this.#pending = pending.subarray(END_BYTES);
      return true;
    }
    return this.#jump();
  }

  /** How far back a jump at `at`, from `from` to `to`, can be moved to be at the mark. */
  #sinceMark(at: number, from: number, to: number): number {
    const shift = at - (this.#mark ?? at);
    if (shift >= BLOCK_BYTES || shift > to || shift > from) return 0;
    return trueStream(from - shift, shift).equals(trueStream(to - shift, shift)) ? shift : 0;
  }

  /** Finds the next whole block, and how much in front of it belongs to it. */
  #jump(): boolean {
    const pending = this.#pending;
    const text = pending.toString("latin1");
    const before = this.#segments.at(-1)?.to;
    for (const match of text.matchAll(BLOCK)) {
      const position = Number.parseInt(match[1]!, 16);
      if (position % BLOCK_BYTES !== 0 || Number.parseInt(match[2]!, 16) !== checkOf(position)) continue;
      const most = Math.min(match.index, position);
      const expected = trueStream(position - most, most);
      let own = 0;
      while (own < most && pending[match.index - own - 1] === expected[most - own - 1]) own += 1;
      const at = this.bytes - pending.length;
      const garbage = match.index - own;
      const to = position - own;
      if (before === undefined) this.preludeBytes = at + garbage;
      const shift = before === undefined || garbage > 0 ? 0 : this.#sinceMark(at, before, to);
      if (before !== undefined) {
        this.#segments.at(-1)!.to -= shift;
        this.jumps.push({ at: at - shift, from: before - shift, to: to - shift, garbage });
      }
      this.#segments.push({ from: to - shift, to: position });
      this.#pending = pending.subarray(match.index);
      return true;
    }
    return false;
  }
}

/** How many bytes of `wanted` are in none of `covered`. */
export function missing(wanted: readonly Range[], covered: readonly Range[]): number {
  return wanted.reduce((all, range) => all + range.to - range.from - overlap(range, covered), 0);
}

/** What is in both; `covered` must be merged. */
export function common(ranges: readonly Range[], covered: readonly Range[]): Range[] {
  return ranges.flatMap((range) =>
    covered
      .map(({ from, to }) => ({ from: Math.max(range.from, from), to: Math.min(range.to, to) }))
      .filter(({ from, to }) => from < to),
  );
}

/** Each byte once, ascending. */
export function union(...all: readonly (readonly Range[])[]): Range[] {
  return merged(all.flat());
}

function overlap(range: Range, covered: readonly Range[]): number {
  return covered.reduce(
    (all, { from, to }) => all + Math.max(0, Math.min(range.to, to) - Math.max(range.from, from)),
    0,
  );
}

function merged(ranges: readonly Range[]): Range[] {
  const result: { from: number; to: number }[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else result.push({ from, to });
  }
  return result;
}

const sum = (ranges: readonly Range[]) => ranges.reduce((all, { from, to }) => all + to - from, 0);

/** The `number`th thing that is typed. */
export const token = (number: number) => `t${String(number).padStart(6, "0")};`;

export interface InputJudgement {
  readonly received: number;
  readonly doubled: number;
  readonly disordered: number;
  /** Bytes that are no whole token. */
  readonly torn: number;
}

/** Judges what the far end logged of the tokens that were typed: each at most once, in order. */
export function judgeInput(logged: string): InputJudgement {
  const seen = new Set<number>();
  let doubled = 0;
  let disordered = 0;
  let last = -1;
  const rest = logged.replace(/t(\d{6});/g, (_, digits: string) => {
    const number = Number(digits);
    if (seen.has(number)) doubled += 1;
    else if (number < last) disordered += 1;
    seen.add(number);
    last = Math.max(last, number);
    return "";
  });
  return { received: seen.size, doubled, disordered, torn: rest.length };
}

/** Takes the echoes `{…}` of the program out of the stream, and tells of each. */
export class EchoFilter {
  #echo: string | undefined;
  readonly #onEcho: (text: string) => void;

  constructor(onEcho: (text: string) => void) {
    this.#onEcho = onEcho;
  }

  push(bytes: Uint8Array): Buffer {
    const rest: number[] = [];
    for (const byte of bytes) {
      if (this.#echo === undefined) {
        if (byte === 0x7b) this.#echo = "";
        else rest.push(byte);
      } else if (byte === 0x7d) {
        this.#onEcho(this.#echo);
        this.#echo = undefined;
      } else this.#echo += String.fromCharCode(byte);
    }
    return Buffer.from(rest);
  }
}
