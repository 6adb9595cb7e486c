// Cuts a byte stream into lines, one at a time, so that whatever follows a line can be taken as something else.
import { AgentdError } from "../../shared/errors.js";

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** What is stored at first; grows by doubling, so that a byte at a time costs no more than all at once. */
const FIRST_CAPACITY_BYTES = 1024;

/**
 * Pull, not push: after a line the caller decides whether the rest is lines (`next`) or packets (`takeRest`).
 *
 * Invariant: at most `maxLineBytes` and one chunk are stored, and each byte is looked at once.
 */
export class LineDecoder {
  /** The longest line, without its newline; may be changed between lines. */
  maxLineBytes: number;
  #bytes = new Uint8Array(FIRST_CAPACITY_BYTES);
  #start = 0;
  #end = 0;
  /** Everything before this index has no newline. */
  #searched = 0;

  constructor(maxLineBytes: number) {
    this.maxLineBytes = maxLineBytes;
  }

  /** Stores a copy of `chunk`; call `next` until it returns undefined before the next push. */
  push(chunk: Uint8Array): void {
    this.#reserve(chunk.length);
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /**
   * The next whole line without `\n` or `\r\n`, as a copy; undefined when there is none yet.
   * @throws AgentdError `invalid_request` as soon as a line is known to be too long; the stream is unusable afterwards.
   */
  next(): Uint8Array | undefined {
    const found = this.#bytes.subarray(0, this.#end).indexOf(NEWLINE, this.#searched);
    this.#searched = found === -1 ? this.#end : found;
    if (this.#searched - this.#start > this.maxLineBytes) {
      throw new AgentdError("invalid_request", `a line is over ${this.maxLineBytes} bytes`, {
        details: { limit: this.maxLineBytes },
      });
    }
    if (found === -1) return undefined;
    const end = found > this.#start && this.#bytes[found - 1] === CARRIAGE_RETURN ? found - 1 : found;
    const line = this.#bytes.slice(this.#start, end);
    this.#start = this.#searched = found + 1;
    return line;
  }

  /** Takes everything that is stored: what came behind the last line. The decoder is empty afterwards, and holds no memory. */
  takeRest(): Uint8Array {
    const rest = this.#bytes.slice(this.#start, this.#end);
    this.#bytes = new Uint8Array(0);
    this.#start = this.#end = this.#searched = 0;
    return rest;
  }

  #reserve(more: number): void {
    const held = this.#end - this.#start;
    if (this.#end + more <= this.#bytes.length && held > 0) return;
    let capacity = Math.max(this.#bytes.length, FIRST_CAPACITY_BYTES);
    while (capacity < held + more) capacity *= 2;
    // In place when it fits: lines that have been taken leave room at the front.
    const target = capacity === this.#bytes.length ? this.#bytes : new Uint8Array(capacity);
    target.set(this.#bytes.subarray(this.#start, this.#end));
    this.#bytes = target;
    this.#searched -= this.#start;
    this.#start = 0;
    this.#end = held;
  }
}
