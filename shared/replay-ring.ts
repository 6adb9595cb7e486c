// The last N bytes of an output stream, addressed by their absolute offset. Used by the runtime (replay) and the daemon (resume).

/**
 * A ring of fixed capacity over a byte stream.
 *
 * Invariants: `start <= end`; `end` counts every byte ever appended; exactly the bytes `start..end` are held;
 * `end - start <= capacity`. Memory grows with use up to `capacity`, so an idle shell costs little.
 */
export class ReplayRing {
  readonly capacity: number;
  #bytes: Uint8Array;
  #start: number;
  #end: number;

  /** @param firstOffset absolute offset of the first byte that will be appended (bytes). */
  constructor(capacity: number, firstOffset = 0) {
    this.capacity = capacity;
    this.#bytes = new Uint8Array(Math.min(capacity, 4096));
    this.#start = firstOffset;
    this.#end = firstOffset;
  }

  /** Absolute offset of the oldest byte held. */
  get start(): number {
    return this.#start;
  }

  /** Absolute offset after the newest byte. */
  get end(): number {
    return this.#end;
  }

  append(chunk: Uint8Array): void {
    const end = this.#end + chunk.length;
    const kept = chunk.length > this.capacity ? chunk.subarray(chunk.length - this.capacity) : chunk;
    this.#grow(Math.min(this.capacity, end - this.#start));
    const size = this.#bytes.length;
    const at = (end - kept.length) % size;
    const head = kept.subarray(0, size - at);
    this.#bytes.set(head, at);
    this.#bytes.set(kept.subarray(head.length), 0);
    this.#end = end;
    this.#start = Math.max(this.#start, end - this.capacity);
  }

  /** A copy of the bytes from `offset` (clamped to what is held) to the end. */
  readFrom(offset: number): Uint8Array {
    const from = Math.min(this.#end, Math.max(this.#start, offset));
    const result = new Uint8Array(this.#end - from);
    const size = this.#bytes.length;
    const at = from % size;
    const head = this.#bytes.subarray(at, Math.min(size, at + result.length));
    result.set(head);
    result.set(this.#bytes.subarray(0, result.length - head.length), head.length);
    return result;
  }

  /** Doubles the store until `needed` bytes fit; a byte's place is its offset modulo the store's size, so all are moved. */
  #grow(needed: number): void {
    if (needed <= this.#bytes.length) return;
    const held = this.readFrom(this.#start);
    let size = this.#bytes.length;
    while (size < needed) size = Math.min(this.capacity, size * 2);
    this.#bytes = new Uint8Array(size);
    const at = this.#start % size;
    const head = held.subarray(0, size - at);
    this.#bytes.set(head, at);
    this.#bytes.set(held.subarray(head.length), 0);
  }
}
