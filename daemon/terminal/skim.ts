// Finds the part of a flood that nobody can see any more: lines that will have left the scrollback before anybody can look.
import { isReset, penEnd } from "./stream/pen-sequence.js";
import { TextRun } from "./stream/text-run.js";

const [LF, CR, ESC] = [0x0a, 0x0d, 0x1b];
const C2 = 0xc2;

/** Longer characters and control sequences are not plain. */
const MAX_SEQUENCE_BYTES = 64;
/** Every so many lines a place is noted where the kept part could begin. */
const MARK_EVERY_LINES = 64;
/** How far before that place the last reset of the pen may stand. */
const MAX_RESET_DISTANCE_BYTES = 256 * 1024;

interface Mark {
  /** Where its line ends. */
  readonly place: number;
  /** Lines up to there. */
  readonly lines: number;
  /** Where the kept part would begin, or -1. */
  readonly kept: number;
}

const EMPTY = new Uint8Array(0);

/**
 * One look through output, from a place between sequences to the first thing that is neither text, nor CR LF, nor SGR. Places
 * are bytes from where it began.
 *
 * Why bytes before `keptFrom(lines)` may be left out: text and SGR change nothing but cells, the cursor and the pen. After
 * `lines` more line feeds the cells are gone, if there are no margins and that many lines fill the screen and its scrollback;
 * the cursor's column is set by the CR behind, its row is the last; and the pen is set by the reset at which the kept part
 * begins, or was not touched before it.
 */
export class Skim {
  /** Where the present chunk begins. */
  #base = 0;
  /** A sequence that is not complete, at the end of the chunks so far. */
  #carry: Uint8Array = EMPTY;
  #lastByte = 0;
  #stop: number | undefined;
  #lines = 0;
  /** Where the last reset of the pen begins; -1: there was none. */
  #reset = -1;
  #pens = false;
  readonly #marks: Mark[] = [];

  /** The first byte that is not plain, or that is not known to be; everything else is. */
  get stop(): number {
    return this.#stop ?? this.#base - this.#carry.length;
  }

  /** The next bytes; false: no more are wanted, something is not plain. */
  push(chunk: Uint8Array): boolean {
    let from = 0;
    if (this.#carry.length > 0) {
      const joined = new Uint8Array(this.#carry.length + Math.min(chunk.length, MAX_SEQUENCE_BYTES));
      joined.set(this.#carry);
      joined.set(chunk.subarray(0, MAX_SEQUENCE_BYTES), this.#carry.length);
      const end = this.#sequenceEnd(joined, 0, this.#base - this.#carry.length);
      from = end - this.#carry.length;
      if (end === 0) return this.#isCut(joined, 0, this.#base - this.#carry.length, chunk.length);
      this.#lastByte = joined[end - 1] as number;
      this.#carry = EMPTY;
    }
    const end = this.#scan(chunk, from);
    return end === chunk.length
      ? this.#isCut(EMPTY, 0, this.#base, chunk.length)
      : this.#isCut(chunk, end, this.#base, chunk.length);
  }

  /** Where what must be parsed begins, so that at least `lines` line feeds follow; 0: nothing can be left out. */
  keptFrom(lines: number): number {
    for (let at = this.#marks.length - 1; at >= 0; at--) {
      const mark = this.#marks[at] as Mark;
      const isNear = mark.kept >= 0 && mark.place - mark.kept <= MAX_RESET_DISTANCE_BYTES;
      if (isNear && this.#lines - mark.lines >= lines) return mark.kept;
    }
    return 0;
  }

  /** Looks at text and whole sequences; returns where the first other thing begins, or the end. */
  #scan(chunk: Uint8Array, from: number): number {
    const { length } = chunk;
    const text = new TextRun(chunk, from);
    let at = from;
    for (;;) {
      at = text.endOf(at);
      if (at >= length) break;
      if (chunk[at] === LF) {
        if ((at > 0 ? chunk[at - 1] : this.#lastByte) === CR) this.#countLine(this.#base + at + 1);
        at++;
        continue;
      }
      const next = this.#sequenceEnd(chunk, at, this.#base);
      if (next === 0) return at;
      at = next;
    }
    this.#lastByte = chunk[length - 1] ?? this.#lastByte;
    return at;
  }

  /** What begins at `at` is not whole: it may be cut, and wait for the next chunk; else this is the stop. */
  #isCut(bytes: Uint8Array, at: number, base: number, chunkBytes: number): boolean {
    const rest = bytes.subarray(at);
    if (!mayGoOn(rest)) {
      this.#stop = base + at;
      return false;
    }
    this.#carry = rest.slice();
    this.#base += chunkBytes;
    return true;
  }

  /** The end of the character or control at `at`, or 0 when it is not plain or not complete. */
  #sequenceEnd(bytes: Uint8Array, at: number, base: number): number {
    const byte = bytes[at] as number;
    if (byte >= 0x80) return characterEnd(bytes, at);
    const end = byte === ESC ? penEnd(bytes, at) : 0;
    if (end === 0) return 0;
    this.#pens = true;
    if (isReset(bytes, at)) this.#reset = base + at;
    return end;
  }

  #countLine(place: number): void {
    this.#lines++;
    if (this.#lines % MARK_EVERY_LINES !== 0) return;
    this.#marks.push({ place, lines: this.#lines, kept: this.#pens ? this.#reset : place });
  }
}

/** The end of the multi-byte character at `at`; 0: it is invalid, not complete, or a C1 control. */
function characterEnd(bytes: Uint8Array, at: number): number {
  const length = characterLength(bytes[at] as number);
  if (length === 0 || (bytes[at] === C2 && (bytes[at + 1] ?? 0) < 0xa0)) return 0;
  for (let next = at + 1; next < at + length; next++) if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  return at + length;
}

function characterLength(lead: number): number {
  if (lead < C2 || lead > 0xf4) return 0;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Whether more bytes could make `rest`, which is not whole, a character or an SGR; nothing can always go on. */
function mayGoOn(rest: Uint8Array): boolean {
  const [lead = 0] = rest;
  if (rest.length === 0) return true;
  if (rest.length > MAX_SEQUENCE_BYTES) return false;
  if (lead !== ESC)
    return rest.length < characterLength(lead) && rest.subarray(1).every((byte) => (byte & 0xc0) === 0x80);
  return rest.subarray(1).every((byte, at) => (at === 0 ? byte === 0x5b : byte >= 0x30 && byte <= 0x3b));
}
