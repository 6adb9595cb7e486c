// Typed bytes that were not sent yet: in order, bounded, and dropped by a Ctrl-C.
import { PASTE_END, PasteTracker } from "./paste-tracker.js";

/**
 * The queue takes a whole 10 MB paste before it asks the shell to stop reading its clients: a Ctrl-C typed behind the
 * paste would otherwise wait in the client's socket. Above the bound nothing is accepted.
 */
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;
const HIGH_MARK_BYTES = 12 * 1024 * 1024;
const LOW_MARK_BYTES = 4 * 1024 * 1024;

/** Bytes are copied into blocks of this size, so that a million single keys cost no more than their bytes. */
const BLOCK_BYTES = 16 * 1024;

/** From here on waiting input counts as a paste that a Ctrl-C drops; less is sent before the Ctrl-C, in the order typed. */
const PASTE_BYTES = 1024;

const CTRL_C = 0x03;

interface Block {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
}

/** Invariants: bytes leave in the order they came, each once; `size` is what is in the blocks, at most 16 MiB. */
export class InputQueue {
  readonly #onPressure: (high: boolean) => void;
  readonly #onDropped: (bytes: number) => void;
  readonly #paste = new PasteTracker();
  #blocks: Block[] = [];
  #size = 0;
  #high = false;

  /** @param onDropped what a Ctrl-C dropped, bytes. */
  constructor(onPressure: (high: boolean) => void, onDropped: (bytes: number) => void) {
    this.#onPressure = onPressure;
    this.#onDropped = onDropped;
  }

  /** Bytes waiting. */
  get size(): number {
    return this.#size;
  }

  /**
   * Appends a copy of `bytes`. A lone Ctrl-C overtakes and drops a waiting paste, or, with `dropAll`, whatever waits.
   * @returns false when it would pass the bound: then nothing of it is taken.
   */
  push(bytes: Uint8Array, dropAll: boolean): boolean {
    if (bytes.length === 1 && bytes[0] === CTRL_C && this.#size >= (dropAll ? 1 : PASTE_BYTES)) {
      this.#onDropped(this.#size);
      this.#dropBlocks();
      // The program is still waiting for the end of the paste that was cut here, and would take the Ctrl-C as text.
      if (this.#paste.open) this.#append(PASTE_END);
    }
    if (this.#size + bytes.length > MAX_QUEUED_BYTES) return false;
    this.#append(bytes);
    this.#checkPressure();
    return true;
  }

  /** Moves at most `target.length - at` bytes into `target` at `at`; returns how many. */
  take(target: Uint8Array, at: number): number {
    let filled = at;
    while (filled < target.length) {
      const block = this.#blocks[0];
      if (block === undefined) break;
      const part = block.bytes.subarray(
        block.start,
        Math.min(block.end, block.start + target.length - filled),
      );
      target.set(part, filled);
      filled += part.length;
      block.start += part.length;
      if (block.start < block.end) continue;
      // The last one is used again: a key costs no block of its own.
      if (this.#blocks.length > 1) this.#blocks.shift();
      else {
        block.start = 0;
        block.end = 0;
        break;
      }
    }
    this.#size -= filled - at;
    this.#paste.push(target.subarray(at, filled));
    this.#checkPressure();
    return filled - at;
  }

  /** Drops what waits; returns how many bytes that were. */
  discard(): number {
    const dropped = this.#size;
    this.#dropBlocks();
    this.#paste.reset();
    this.#checkPressure();
    return dropped;
  }

  #dropBlocks(): void {
    this.#blocks = [];
    this.#size = 0;
  }

  #append(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      let block = this.#blocks.at(-1);
      if (block === undefined || block.end === block.bytes.length) {
        block = { bytes: new Uint8Array(BLOCK_BYTES), start: 0, end: 0 };
        this.#blocks.push(block);
      }
      const part = bytes.subarray(at, at + block.bytes.length - block.end);
      block.bytes.set(part, block.end);
      block.end += part.length;
      at += part.length;
    }
    this.#size += bytes.length;
  }

  #checkPressure(): void {
    if (this.#high ? this.#size > LOW_MARK_BYTES : this.#size <= HIGH_MARK_BYTES) return;
    this.#high = !this.#high;
    this.#onPressure(this.#high);
  }
}
