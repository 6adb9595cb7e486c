// Keeps a UTF-8 character together that was cut between two reads.
import { utf8Length } from "./sequence-parser.js";

const EMPTY = new Uint8Array(0);

/**
 * xterm.js 6.0.0 loses a character that is cut after a continuation byte of 0x80, such as the em dash (E2 80 94): it gets
 * whole characters only. At most 3 bytes are kept back.
 */
export class WholeCharacters {
  #kept: Uint8Array = EMPTY;

  /** Nothing is kept back. */
  get isEmpty(): boolean {
    return this.#kept.length === 0;
  }

  /** Returns what was kept and `bytes`, without the unfinished character at their end. */
  push(bytes: Uint8Array): Uint8Array {
    let joined = bytes;
    if (this.#kept.length > 0) {
      joined = new Uint8Array(this.#kept.length + bytes.length);
      joined.set(this.#kept);
      joined.set(bytes, this.#kept.length);
    }
    const whole = joined.length - unfinishedLength(joined);
    this.#kept = joined.slice(whole);
    return joined.subarray(0, whole);
  }
}

/** How many bytes at the end are the beginning of a character. */
export function unfinishedLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    return byte >= 0xc0 && utf8Length(byte) > back ? back : 0;
  }
  return 0;
}
