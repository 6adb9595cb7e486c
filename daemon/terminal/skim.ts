// Finds the part of a flood that nobody can see any more: lines that will have left the scrollback before anybody can look.

const [LF, CR, ESC, DEL] = [0x0a, 0x0d, 0x1b, 0x7f];
/** BEL, BS and HT: nothing of them outlives the line that they stand in. */
const [BEL, HT] = [0x07, 0x09];
const [C2, SGR] = [0xc2, 0x6d];

/** Every so many lines a place is noted where the kept part could begin. */
const MARK_EVERY_LINES = 64;
/** How far before that place the last reset of the pen may stand. */
const MAX_RESET_DISTANCE_BYTES = 256 * 1024;

/**
 * One look through `bytes`, from a place between sequences to the first thing that is neither text, nor CR LF, nor SGR.
 *
 * Why bytes before `keptFrom(lines)` may be left out: text and SGR change nothing but cells, the cursor and the pen. After
 * `lines` more line feeds the cells are gone, if there are no margins and that many lines fill the screen and its scrollback;
 * the cursor's column is set by the CR behind, its row is the last; and the pen is set by the reset at which the kept part
 * begins, or was not touched before it.
 */
export class Skim {
  readonly #bytes: Uint8Array;
  #at: number;
  #end: number;
  #lines = 0;
  /** Where the last reset of the pen begins; -1: there was none. */
  #reset = -1;
  #pens = false;
  /** Three numbers a mark: place behind its line, lines before it, place where the kept part would begin or -1. */
  readonly #marks: number[] = [];

  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = bytes.length;
  }

  /** The first byte that is not plain, or the end. Known when `step` has answered true. */
  get stop(): number {
    return this.#at;
  }

  /** Looks at the next `limit` bytes; true when there is nothing left to look at. */
  step(limit: number): boolean {
    const until = Math.min(this.#end, this.#at + limit);
    const bytes = this.#bytes;
    let at = this.#at;
    while (at < until) {
      const byte = bytes[at] as number;
      if (byte >= 0x20 && byte < DEL) {
        at++;
        continue;
      }
      const next = byte >= 0x80 ? characterEnd(bytes, at) : this.#control(byte, at);
      if (next === 0) {
        this.#end = at;
        break;
      }
      at = next;
    }
    this.#at = at;
    return at >= this.#end;
  }

  /** Where what must be parsed begins, so that at least `lines` line feeds follow; 0: nothing can be left out. */
  keptFrom(lines: number): number {
    const marks = this.#marks;
    for (let mark = marks.length - 3; mark >= 0; mark -= 3) {
      const [place = 0, before = 0, kept = -1] = marks.slice(mark, mark + 3);
      if (this.#lines - before >= lines && kept >= 0 && place - kept <= MAX_RESET_DISTANCE_BYTES) return kept;
    }
    return 0;
  }

  /** The end of the control sequence at `at`, or 0 when it is not plain or not complete. */
  #control(byte: number, at: number): number {
    if (byte === LF) {
      if (this.#bytes[at - 1] === CR) this.#countLine(at + 1);
      return at + 1;
    }
    if (byte === CR || (byte >= BEL && byte <= HT)) return at + 1;
    return byte === ESC ? this.#pen(at) : 0;
  }

  #countLine(place: number): void {
    this.#lines++;
    if (this.#lines % MARK_EVERY_LINES !== 0) return;
    this.#marks.push(place, this.#lines, this.#pens ? this.#reset : place);
  }

  #pen(at: number): number {
    const bytes = this.#bytes;
    if (bytes[at + 1] !== 0x5b) return 0;
    let end = at + 2;
    let byte = bytes[end] ?? 0;
    while (byte >= 0x30 && byte <= 0x3b) byte = bytes[++end] ?? 0;
    if (byte !== SGR) return 0;
    this.#pens = true;
    const first = bytes[at + 2];
    const isReset = first === SGR || (first === 0x30 && (bytes[at + 3] === SGR || bytes[at + 3] === 0x3b));
    if (isReset) this.#reset = at;
    return end + 1;
  }
}

/** The end of the multi-byte character at `at`; 0: it is invalid, not complete, or a C1 control. */
function characterEnd(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead < C2 || lead > 0xf4) return 0;
  const end = at + (lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4);
  if (lead === C2 && (bytes[at + 1] ?? 0) < 0xa0) return 0;
  for (let next = at + 1; next < end; next++) if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  return end;
}
