// Cuts lines out of a byte stream, and gives back the bytes behind the last line that was taken.
import { AgentdError } from "../../shared/errors.js";

const LINE_FEED = 0x0a;

/**
 * Reassembles lines from a stream cut anywhere.
 *
 * Invariants: every byte is searched once; at most `maxLineBytes` and one chunk are stored.
 */
export class LineReader {
  readonly #maxLineBytes: number;
  readonly #decoder = new TextDecoder();
  #chunks: Uint8Array[] = [];
  /** Bytes in `#chunks`; none of them is a line feed unless `#ready` says where. */
  #bytes = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /**
   * Yields the lines that `chunk` completes, without their line feeds. A consumer that stops in the middle finds the
   * unread bytes in `takeRest`. @throws AgentdError `bad_packet` for a line over the limit.
   */
  *push(chunk: Uint8Array): Generator<string> {
    let rest = chunk;
    for (;;) {
      const end = rest.indexOf(LINE_FEED);
      const part = end === -1 ? rest : rest.subarray(0, end);
      if (this.#bytes + part.length > this.#maxLineBytes) {
        throw new AgentdError("bad_packet", `the daemon sent a line over ${this.#maxLineBytes} bytes`);
      }
      if (end === -1) {
        if (part.length > 0) this.#keep(part);
        return;
      }
      this.#keep(part);
      const line = this.#decoder.decode(this.takeRest());
      rest = rest.subarray(end + 1);
      // What follows is kept before the line is handed out: whoever takes the line may want the bytes behind it.
      this.#unread = rest;
      yield line;
      rest = this.#unread;
      this.#unread = EMPTY;
    }
  }

  #unread: Uint8Array = EMPTY;

  /** Takes everything that was pushed and belongs to no line yet. */
  takeRest(): Uint8Array {
    const parts = [...this.#chunks, this.#unread];
    this.#chunks = [];
    this.#bytes = 0;
    this.#unread = EMPTY;
    const rest = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      rest.set(part, at);
      at += part.length;
    }
    return rest;
  }

  #keep(part: Uint8Array): void {
    this.#chunks.push(part);
    this.#bytes += part.length;
  }
}

const EMPTY = new Uint8Array(0);
