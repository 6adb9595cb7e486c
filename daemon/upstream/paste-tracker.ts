// Knows whether a stream of typed bytes is inside a bracketed paste: between CSI 200 ~ and CSI 201 ~.

const ESC = 0x1b;
/** What follows the ESC, up to the digit that tells start (0) from end (1). */
const PREFIX = [0x5b, 0x32, 0x30];
const TILDE = 0x7e;

/** Ends a bracketed paste. */
export const PASTE_END = Uint8Array.of(ESC, 0x5b, 0x32, 0x30, 0x31, TILDE);

/** Push parser; markers may be cut anywhere. */
export class PasteTracker {
  #open = false;
  /** Bytes of a marker seen so far, the ESC included. */
  #matched = 0;
  #digit = 0;

  /** True inside a paste. */
  get open(): boolean {
    return this.#open;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) {
      if (this.#matched === 0) {
        at = bytes.indexOf(ESC, at);
        if (at === -1) return;
      }
      this.#step(bytes[at] as number);
    }
  }

  /** A new connection, or the rest was dropped: outside. */
  reset(): void {
    this.#open = false;
    this.#matched = 0;
  }

  #step(byte: number): void {
    if (byte === ESC) {
      this.#matched = 1;
    } else if (this.#matched <= PREFIX.length) {
      this.#matched = byte === PREFIX[this.#matched - 1] ? this.#matched + 1 : 0;
    } else if (this.#matched === PREFIX.length + 1) {
      this.#digit = byte - 0x30;
      this.#matched = this.#digit === 0 || this.#digit === 1 ? this.#matched + 1 : 0;
    } else {
      if (byte === TILDE) this.#open = this.#digit === 0;
      this.#matched = 0;
    }
  }
}
