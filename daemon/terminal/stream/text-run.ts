// Runs over text at the speed of a flood: four bytes at a time.
import { isUtf8 } from "node:buffer";
import { unfinishedLength } from "./whole-characters.js";

const [CR, DEL] = [0x0d, 0x7f];
/** First byte of the UTF-8 form of every C1 control. */
const C2 = 0xc2;

/** One in each byte of a word. */
const ONES = 0x01010101;
const HIGH_BITS = 0x80808080;
const SPACES = 0x20 * ONES;
const DELETES = DEL * ONES;

/** Printable ASCII, CR, and BEL, BS and HT: nothing of those outlives the line that they stand in. */
const IS_TEXT = new Uint8Array(256).map((_, byte) =>
  (byte >= 0x20 && byte < DEL) || byte === CR || (byte >= 0x07 && byte <= 0x09) ? 1 : 0,
);
/** ... and every byte of a longer character. */
const IS_WIDE_TEXT = IS_TEXT.map((isText, byte) => (byte >= 0x80 ? 1 : isText));

/** Text in one chunk. Characters beyond ASCII are text where all of the chunk is valid, and none of them may be a C1 control. */
export class TextRun {
  readonly #bytes: Uint8Array;
  /** The whole words of the chunk, and where the first one begins. */
  readonly #words: Int32Array;
  readonly #wordsAt: number;
  readonly #isText: Uint8Array;
  /** What is no text by its high bit. */
  readonly #highBits: number;
  /** Where the last whole character ends. */
  readonly #end: number;

  /** @param from where a character begins */
  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = bytes;
    this.#wordsAt = -bytes.byteOffset & 3;
    const words = Math.max(0, (bytes.length - this.#wordsAt) >> 2);
    this.#words =
      words === 0 ? new Int32Array(0) : new Int32Array(bytes.buffer, bytes.byteOffset + this.#wordsAt, words);
    const rest = Buffer.from(bytes.buffer, bytes.byteOffset + from, bytes.length - from);
    const unfinished = unfinishedLength(rest);
    const isWide = isUtf8(rest.subarray(0, rest.length - unfinished)) && !rest.includes(C2);
    this.#isText = isWide ? IS_WIDE_TEXT : IS_TEXT;
    this.#highBits = isWide ? 0 : HIGH_BITS;
    this.#end = bytes.length - (isWide ? unfinished : 0);
  }

  /** The first byte at or after `from` that is not text, or does not begin a whole character; else the end. */
  endOf(from: number): number {
    const bytes = this.#bytes;
    const isText = this.#isText;
    const end = this.#end;
    let at = from;
    for (;;) {
      // Up to the next word, and through one that is not text alone.
      do {
        if (at >= end || isText[bytes[at] as number] === 0) return at;
        at++;
      } while (((at - this.#wordsAt) & 3) !== 0);
      at = this.#wordsEnd(at, end);
    }
  }

  /** The words from `at` on that are text alone, as it is mostly: nothing below a space, no DEL. */
  #wordsEnd(at: number, end: number): number {
    const words = this.#words;
    const highBits = this.#highBits;
    const last = (end - this.#wordsAt) >> 2;
    let index = (at - this.#wordsAt) >> 2;
    for (; index < last; index++) {
      const word = words[index] as number;
      // The high bit of a byte is set where the byte is less than a space, and where it is DEL.
      const deletes = word ^ DELETES;
      const controls = ((word - SPACES) & ~word) | ((deletes - ONES) & ~deletes);
      if (((controls & HIGH_BITS) | (word & highBits)) !== 0) break;
    }
    return this.#wordsAt + 4 * index;
  }
}
