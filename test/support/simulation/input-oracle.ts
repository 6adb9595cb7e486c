// Judges input: no byte twice, none out of order, none in a shell that it was not typed for, and none that is unaccounted for.
import { BLOCK_BYTES, blockOffset, codedBytes, isCoded, positionOf, REGION_BYTES } from "./position-code.js";

/** Typed bytes are a stream of their own. */
export const INPUT_STREAM = 15;

/** What was handed to a broken connection may or may not have arrived: until that is reported, it is only counted. */
const IN_DOUBT_MUST_BE_SAID = false;

export interface InputFigures {
  typed: number;
  received: number;
  /** Said to be discarded. */
  discarded: number;
  /** Handed to a connection, and never received. */
  inDoubt: number;
}

interface Chunk {
  readonly end: number;
  /** The shell that was seen when it was typed; undefined: none yet. */
  readonly stream: number | undefined;
}

export class InputOracle {
  readonly figures: InputFigures = { typed: 0, received: 0, discarded: 0, inDoubt: 0 };
  readonly #fail: (message: string) => void;
  readonly #chunks: Chunk[] = [];
  #first: number | undefined;
  #handed = 0;
  #handedEnd = 0;
  #receivedEnd = 0;
  #at = 0;
  #saidInDoubt = 0;

  constructor(fail: (message: string) => void) {
    this.#fail = fail;
  }

  /** The next `blocks` blocks to type; empty when there are none left. */
  type(blocks: number, stream: number | undefined): Uint8Array {
    const from = this.figures.typed;
    const length = Math.min(blocks * BLOCK_BYTES, REGION_BYTES - from);
    if (length === 0) return new Uint8Array();
    this.figures.typed += length;
    this.#chunks.push({ end: from + length, stream });
    return codedBytes(INPUT_STREAM, from, length);
  }

  /** A shell is seen for the first time: what was typed before was meant for it. */
  sees(stream: number): void {
    this.#first ??= stream;
  }

  discarded(bytes: number): void {
    this.figures.discarded += bytes;
  }

  inDoubt(bytes: number): void {
    this.#saidInDoubt += bytes;
  }

  /** The process handed `payload` to a connection. */
  handed(payload: Uint8Array): void {
    const from = this.#read(payload, this.#handedEnd, "sent");
    if (from === undefined) return;
    this.#handed += payload.length;
    this.#handedEnd = from + payload.length;
  }

  received(payload: Uint8Array, stream: number): void {
    const from = this.#read(payload, this.#receivedEnd, "received");
    if (from === undefined) return;
    this.figures.received += payload.length;
    this.#receivedEnd = from + payload.length;
    while ((this.#chunks[this.#at]?.end ?? Number.POSITIVE_INFINITY) <= from) this.#at += 1;
    for (let at = this.#at; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as Chunk;
      const meant = chunk.stream ?? this.#first;
      if (meant !== stream) this.#fail(`input ${from} was typed for shell ${meant} and came into ${stream}`);
      if (chunk.end >= this.#receivedEnd) break;
    }
  }

  /** At the end. `queued`: bytes that still wait to be sent. */
  check(queued: number): void {
    const { typed, discarded, received } = this.figures;
    const accounted = this.#handed + discarded + queued;
    if (accounted !== typed) {
      this.#fail(`typed ${typed}, but sent ${this.#handed} + discarded ${discarded} + waiting ${queued}`);
    }
    this.figures.inDoubt = this.#handed - received;
    if (IN_DOUBT_MUST_BE_SAID && this.figures.inDoubt > this.#saidInDoubt) {
      this.#fail(
        `${this.figures.inDoubt} sent bytes did not arrive, and ${this.#saidInDoubt} are said to be in doubt`,
      );
    }
  }

  #read(payload: Uint8Array, after: number, how: string): number | undefined {
    const from = blockOffset(payload, INPUT_STREAM);
    if (from === undefined || !isCoded(payload, INPUT_STREAM, from)) {
      this.#fail(`${how} input that was never typed so: ${positionOf(payload)}`);
      return undefined;
    }
    if (from < after) this.#fail(`${how} input ${from} again, or out of order: ${after} was reached`);
    return from;
  }
}
