// The part of an unfinished escape sequence that came with earlier chunks; of one that is too long only beginning and end.
import { ByteBuffer } from "../stream/byte-buffer.js";

/** Enough to see what it was. */
const KEPT_OF_OVERLONG = 16;

/** Invariant: within the limit all of it is kept; beyond, the first bytes, the last one, and how many there were. */
export class HeldSequence {
  readonly #bytes = new ByteBuffer();
  #length = 0;

  /** Of all of it, bytes. */
  get length(): number {
    return this.#length;
  }

  get last(): number {
    return this.#bytes.last ?? 0;
  }

  clear(): void {
    this.#bytes.truncate(0);
    this.#length = 0;
  }

  append(rest: Uint8Array, limit: number): void {
    if (rest.length === 0) return;
    this.#length += rest.length;
    if (this.#length <= limit) {
      this.#bytes.append(rest);
      return;
    }
    if (this.#bytes.length < KEPT_OF_OVERLONG) this.#bytes.append(rest.subarray(0, KEPT_OF_OVERLONG));
    this.#bytes.truncate(KEPT_OF_OVERLONG);
    this.#bytes.push(rest.at(-1) ?? 0);
  }

  /** The sequence with the first `end` bytes of `chunk`, or without the last one when `end` is -1; too long: its beginning. */
  with(chunk: Uint8Array, end: number, limit: number): Uint8Array {
    if (this.#length + end > limit) return this.#bytes.copy().subarray(0, KEPT_OF_OVERLONG);
    const held = this.#bytes.copy();
    if (end <= 0) return held.subarray(0, held.length + end);
    const bytes = new Uint8Array(held.length + end);
    bytes.set(held);
    bytes.set(chunk.subarray(0, end), held.length);
    return bytes;
  }
}

/** A whole sequence, or its beginning when it is too long. */
export function withinLimit(sequence: Uint8Array, limit: number): Uint8Array {
  return sequence.length <= limit ? sequence : sequence.subarray(0, KEPT_OF_OVERLONG);
}
