// What was typed and not sent yet: bounded, in order, and emptied by a lone Ctrl-C.

/**
 * Our bound: a paste of this size still leaves the keyboard readable, so that the detach key works while the daemon reads
 * nothing. Beyond it the terminal is not read, and the paste waits there.
 */
export const MAX_INPUT_BYTES = 16 * 1024 * 1024;

const CTRL_C = 0x03;

/** Invariant: bytes leave in the order they came; only `push` of a lone Ctrl-C and `clear` lose any, and both say how many. */
export class InputQueue {
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#bytes >= MAX_INPUT_BYTES;
  }

  /** Adds what was typed. A lone Ctrl-C drops what waits before it: who stops a program wants no more of the paste. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (bytes.length === 1 && bytes[0] === CTRL_C) this.clear();
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
  }

  /** Takes what waits, at most `max` bytes, as one piece: a paste comes in reads of 4 KB. Undefined when there is nothing. */
  take(max: number): Uint8Array | undefined {
    const [first] = this.#chunks;
    if (first === undefined) return undefined;
    const whole = first.length >= max || this.#chunks.length === 1 ? first.subarray(0, max) : this.#join(max);
    this.#drop(whole.length);
    return whole;
  }

  #join(max: number): Uint8Array {
    const joined = new Uint8Array(Math.min(max, this.#bytes));
    let at = 0;
    for (const chunk of this.#chunks) {
      const part = chunk.subarray(0, joined.length - at);
      joined.set(part, at);
      at += part.length;
      if (at === joined.length) break;
    }
    return joined;
  }

  #drop(count: number): void {
    this.#bytes -= count;
    let gone = 0;
    for (let left = count; left > 0; gone++) {
      const chunk = this.#chunks[gone] as Uint8Array;
      if (chunk.length > left) {
        this.#chunks[gone] = chunk.subarray(left);
        break;
      }
      left -= chunk.length;
    }
    this.#chunks.splice(0, gone);
  }

  /** Drops everything; answers with how many bytes that was. */
  clear(): number {
    const dropped = this.#bytes;
    this.#chunks = [];
    this.#bytes = 0;
    return dropped;
  }
}
