// The longest prefix of an arriving stream that is also the end of a known text, found while the stream arrives.

/** Smallest store for the stream, bytes. */
const FIRST_STORE = 1024;

/**
 * Knuth, Morris and Pratt's search of the stream (the pattern) in the text, suspended wherever the next byte of the pattern
 * has not arrived yet. Linear in text plus stream, however the stream is cut and whatever is in it.
 *
 * Invariants: the stream's first `#matched` bytes end at `#at` in the text, and no alignment that starts earlier in the text
 * can still reach the text's end. So the first time that `#at` is the text's end, `#matched` is the longest border, and no
 * byte that arrives later can change that.
 */
export class BorderScan {
  readonly #text: Uint8Array;
  #stream = new Uint8Array(FIRST_STORE);
  /** For each prefix of the stream, by its last index: the length of its own longest proper border. */
  #failure = new Int32Array(FIRST_STORE);
  #length = 0;
  #at = 0;
  #matched = 0;
  #longestRefuted = 0;
  #places = 0;
  /** Up to here the stream was looked through for other places of the border. */
  #lookedThrough = 0;

  constructor(text: Uint8Array) {
    this.#text = text;
  }

  /** Bytes of the stream so far. */
  get length(): number {
    return this.#length;
  }

  /** True when the border is final; until then all of the stream so far lies somewhere inside the text. */
  get done(): boolean {
    return this.#at === this.#text.length;
  }

  /** The longest border, bytes. Only once done. */
  get border(): number {
    return this.#matched;
  }

  /** Places before the border where all of the stream stands in the text. Only once finished. */
  get places(): number {
    return this.#places;
  }

  /** The longest proper border of the stream's own first `length` bytes: what its smallest period leaves of them. */
  ownBorder(length: number): number {
    return length === 0 ? 0 : (this.#failure[length - 1] as number);
  }

  push(bytes: Uint8Array): void {
    const from = this.#length;
    this.#reserve(from + bytes.length);
    // A frame may be one byte, a quarter of a million times.
    if (bytes.length === 1) this.#stream[from] = bytes[0] as number;
    else this.#stream.set(bytes, from);
    this.#length += bytes.length;
    this.#extendFailure(from);
    if (!this.done) this.#search();
  }

  /** No more of the stream comes: an alignment that needs more of it is refuted. */
  finish(): void {
    while (!this.done) {
      this.#search();
      if (!this.done) this.#refute();
    }
  }

  /** True when the border's bytes also stand elsewhere in the text or in the stream so far. Linear over all calls; only once done. */
  occursElsewhere(): boolean {
    if (this.#longestRefuted >= this.#matched) return true;
    // Stays where it found one, and finds it again.
    this.#lookedThrough = Math.max(this.#lookedThrough, this.#matched);
    for (; this.#lookedThrough < this.#length; this.#lookedThrough++) {
      if ((this.#failure[this.#lookedThrough] as number) >= this.#matched) return true;
    }
    return false;
  }

  /** The stream from `offset` on, not copied; nothing may be pushed afterwards. */
  streamFrom(offset: number): Uint8Array {
    return this.#stream.subarray(offset, this.#length);
  }

  #search(): void {
    const text = this.#text;
    const stream = this.#stream;
    const end = text.length;
    const length = this.#length;
    let at = this.#at;
    let matched = this.#matched;
    while (at < end && matched < length) {
      if (text[at] === stream[matched]) {
        at++;
        matched++;
      } else if (matched === 0) {
        at++;
      } else {
        if (matched > this.#longestRefuted) this.#longestRefuted = matched;
        matched = this.#failure[matched - 1] as number;
      }
    }
    this.#at = at;
    this.#matched = matched;
  }

  /** Gives up the alignment that the search is suspended in. */
  #refute(): void {
    this.#places++;
    this.#longestRefuted = Math.max(this.#longestRefuted, this.#matched);
    if (this.#matched === 0) this.#at = this.#text.length;
    else this.#matched = this.#failure[this.#matched - 1] as number;
  }

  #extendFailure(from: number): void {
    const stream = this.#stream;
    const failure = this.#failure;
    let border = from === 0 ? 0 : (failure[from - 1] as number);
    for (let at = Math.max(1, from); at < this.#length; at++) {
      const byte = stream[at];
      while (border > 0 && stream[border] !== byte) border = failure[border - 1] as number;
      if (stream[border] === byte) border++;
      failure[at] = border;
    }
  }

  #reserve(needed: number): void {
    if (needed <= this.#stream.length) return;
    const size = Math.max(needed, this.#stream.length * 2);
    const stream = new Uint8Array(size);
    stream.set(this.#stream.subarray(0, this.#length));
    const failure = new Int32Array(size);
    failure.set(this.#failure.subarray(0, this.#length));
    this.#stream = stream;
    this.#failure = failure;
  }
}
