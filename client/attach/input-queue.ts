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

  /** Takes at most `max` bytes, or undefined when there are none. */
  take(max: number): Uint8Array | undefined {
    const first = this.#chunks[0];
    if (first === undefined) return undefined;
    const taken = first.subarray(0, max);
    if (taken.length === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(max);
    this.#bytes -= taken.length;
    return taken;
  }

  /** Drops everything; answers with how many bytes that was. */
  clear(): number {
    const dropped = this.#bytes;
    this.#chunks = [];
    this.#bytes = 0;
    return dropped;
  }
}
