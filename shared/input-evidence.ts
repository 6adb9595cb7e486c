// Which typed bytes surely reached the service: there are no receipts, but a pong proves all that was sent before its ping.

/** Pings that may be unanswered at a time; older ones are folded together. */
const MAX_MARKS = 64;

/**
 * Invariants: bytes are counted once; what is in doubt is never less than what may be lost. A proof by `ping id` covers
 * everything that was sent before that ping, because a connection keeps its order.
 */
export class InputEvidence {
  #sinceMark = 0;
  #marks: { readonly id: number; bytes: number }[] = [];
  #lastId = 0;

  /** Bytes that nothing has proved to have arrived. */
  get inDoubt(): number {
    return this.beforePing + this.#sinceMark;
  }

  /** The part of it that an answer to the pings so far would prove. */
  get beforePing(): number {
    return this.#marks.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Whether anything was sent since the last ping. */
  get needsPing(): boolean {
    return this.#sinceMark > 0;
  }

  sent(bytes: number): void {
    this.#sinceMark += bytes;
  }

  /** A ping goes out now. @returns what its payload must be recognised by. */
  mark(): number {
    this.#lastId += 1;
    this.#marks.push({ id: this.#lastId, bytes: this.#sinceMark });
    this.#sinceMark = 0;
    if (this.#marks.length > MAX_MARKS) {
      const [oldest, next] = this.#marks;
      if (oldest !== undefined && next !== undefined) next.bytes += oldest.bytes;
      this.#marks.shift();
    }
    return this.#lastId;
  }

  /** The pong to ping `id` came. A server may answer only the newest of several pings. */
  proved(id: number): void {
    // Nobody asked that: a server that sends pongs of its own proves nothing with them.
    if (id > this.#lastId) return;
    this.#marks = this.#marks.filter((mark) => mark.id > id);
  }

  /** The connection was closed in order by both sides: everything arrived. */
  provedAll(): void {
    this.#marks = [];
    this.#sinceMark = 0;
  }
}
