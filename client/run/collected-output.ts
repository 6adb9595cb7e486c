// The output of a run as one piece of JSON, with a bound: of what is too long, its beginning and its end stay.

export interface CollectedJson {
  /** As UTF-8; bytes that are none became U+FFFD. */
  readonly output: string;
  /** Present when they did: the same bytes exactly. */
  readonly outputBase64?: string;
  readonly truncated?: true;
  /** How many bytes are missing ... */
  readonly omittedBytes?: number;
  /** ... behind so many bytes of `output`. */
  readonly omittedAt?: number;
}

/** Invariant: holds at most `maxBytes`, and one write more. */
export class CollectedOutput {
  readonly #headBytes: number;
  readonly #tailBytes: number;
  readonly #head: Uint8Array[] = [];
  #tail: Uint8Array[] = [];
  #headLength = 0;
  #tailLength = 0;
  #omitted = 0;

  constructor(maxBytes: number) {
    this.#headBytes = Math.ceil(maxBytes / 2);
    this.#tailBytes = maxBytes - this.#headBytes;
  }

  write(bytes: Uint8Array): void {
    const room = this.#headBytes - this.#headLength;
    const first = bytes.subarray(0, room);
    if (first.length > 0) this.#head.push(first);
    this.#headLength += first.length;
    const rest = bytes.subarray(first.length);
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailLength += rest.length;
    this.#cutTail();
  }

  json(): CollectedJson {
    const bytes = Buffer.concat([...this.#head, ...this.#tail]);
    const output = bytes.toString("utf8");
    return {
      output,
      ...(Buffer.from(output).equals(bytes) ? {} : { outputBase64: bytes.toString("base64") }),
      ...(this.#omitted === 0
        ? {}
        : { truncated: true, omittedBytes: this.#omitted, omittedAt: this.#headLength }),
    };
  }

  #cutTail(): void {
    let drop = 0;
    while (this.#tailLength > this.#tailBytes) {
      const first = this.#tail[drop] ?? new Uint8Array(0);
      const cut = Math.min(first.length, this.#tailLength - this.#tailBytes);
      this.#tailLength -= cut;
      this.#omitted += cut;
      if (cut < first.length) this.#tail[drop] = first.subarray(cut);
      else drop++;
    }
    if (drop > 0) this.#tail = this.#tail.slice(drop);
  }
}
