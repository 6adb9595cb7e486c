// What a program wrote, from what its terminal made of it: every CR LF was a LF.

const CR = 0x0d;
const LF = 0x0a;

/**
 * Exact while the terminal has ONLCR on, as terminals have: it writes LF as CR LF, and a program's own CR LF as CR CR LF.
 *
 * Invariant: a CR at the end of a push waits for what follows it.
 */
export class NewlineUndo {
  #heldCr = false;

  push(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0) return bytes;
    const result = new Uint8Array(bytes.length + 1);
    let length = 0;
    if (this.#heldCr && bytes[0] !== LF) result[length++] = CR;
    this.#heldCr = false;
    let from = 0;
    for (let at = bytes.indexOf(CR); at !== -1; at = bytes.indexOf(CR, at + 1)) {
      const isLast = at === bytes.length - 1;
      if (!isLast && bytes[at + 1] !== LF) continue;
      result.set(bytes.subarray(from, at), length);
      length += at - from;
      from = at + 1;
      this.#heldCr = isLast;
    }
    result.set(bytes.subarray(from), length);
    return result.subarray(0, length + bytes.length - from);
  }

  /** The CR that nothing followed. */
  rest(): Uint8Array {
    const held = this.#heldCr;
    this.#heldCr = false;
    return held ? Uint8Array.of(CR) : new Uint8Array(0);
  }
}
