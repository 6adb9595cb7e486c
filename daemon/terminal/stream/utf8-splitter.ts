// Cuts a byte stream into code points, with invalid bytes left out the way terminals do.
import { utf8Length } from "./sequence-parser.js";

/** What one byte did: completed a code point, is part of one, or was dropped. */
export const PENDING = -1;
/** The byte, or the character that it ended, is not a character. */
const INVALID = -2;

/**
 * A decoder that takes one byte at a time. A byte that cannot continue the pending character discards that character, and
 * `push` must then be called again with the same byte (`rejected` says so).
 */
export class Utf8Splitter {
  #needed = 0;
  #code = 0;
  #length = 0;
  /** True after a `push` that discarded the pending character without taking the byte. */
  rejected = false;

  /** Bytes of the pending character. */
  get pending(): number {
    return this.#needed === 0 ? 0 : this.#length - this.#needed;
  }

  push(byte: number): number {
    this.rejected = false;
    if (this.#needed === 0) return this.#begin(byte);
    if ((byte & 0xc0) !== 0x80) {
      this.#needed = 0;
      this.rejected = true;
      return INVALID;
    }
    this.#code = (this.#code << 6) | (byte & 0x3f);
    if (--this.#needed > 0) return PENDING;
    return isCharacter(this.#code, this.#length) ? this.#code : INVALID;
  }

  #begin(byte: number): number {
    this.#length = utf8Length(byte);
    if (this.#length === 1) return byte;
    if (this.#length === 0) return INVALID;
    this.#needed = this.#length - 1;
    this.#code = byte & (0x7f >> this.#length);
    return PENDING;
  }
}

/** Not too long an encoding, no surrogate, in range; U+FEFF is dropped like a byte order mark. */
function isCharacter(code: number, length: number): boolean {
  switch (length) {
    case 2:
      return code >= 0x80;
    case 3:
      return code >= 0x800 && (code < 0xd800 || code > 0xdfff) && code !== 0xfeff;
    default:
      return code >= 0x10000 && code <= 0x10ffff;
  }
}
