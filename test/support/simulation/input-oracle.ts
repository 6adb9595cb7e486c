// Judges input: no byte twice, none out of order, none in a shell that it was not typed for, and none that is unaccounted for.
import { BLOCK_BYTES, codedBytes, positionOf, REGION_BYTES } from "./position-code.js";

/** Typed bytes are a stream of their own, with a Ctrl-C here and there. */
export const INPUT_STREAM = 15;

const CTRL_C = Uint8Array.of(3);

export interface InputFigures {
  typed: number;
  received: number;
  /** Said to be discarded: held for a shell that is gone, or too old. */
  discarded: number;
  /** Said to be dropped by a Ctrl-C, or because the shell has ended. */
  dropped: number;
  /** Said to be in doubt: handed to a connection that broke. */
  inDoubt: number;
  /** Handed to a connection, and never received. */
  lost: number;
}

interface Chunk {
  readonly end: number;
  /** The shell that was seen when it was typed; undefined: none yet. */
  readonly stream: number | undefined;
}

interface Connection {
  readonly name: string;
  handed: number;
  received: number;
  saidInDoubt: number;
}

/**
 * Positions count everything that was typed. What waits is always all from `#next` on, because input leaves in order, and
 * because whoever drops input drops all of it: so every count that is said can be checked to the byte.
 */
export class InputOracle {
  readonly figures: InputFigures = { typed: 0, received: 0, discarded: 0, dropped: 0, inDoubt: 0, lost: 0 };
  readonly #fail: (message: string) => void;
  readonly #chunks: Chunk[] = [];
  #text = Buffer.alloc(4096);
  #coded = 0;
  #first: number | undefined;
  readonly #neverWere = new Set<number>();
  /** Before this, everything was handed over or said to be dropped. */
  #next = 0;
  #receivedEnd = 0;
  #at = 0;
  #interrupting = false;
  readonly #messages = new WeakMap<Uint8Array, { readonly from: number; readonly connection: Connection }>();
  readonly #connections = new Map<object, Connection>();
  #last: Connection | undefined;

  constructor(fail: (message: string) => void) {
    this.#fail = fail;
  }

  /** The next `blocks` blocks to type; empty when there are none left. */
  type(blocks: number, stream: number | undefined): Uint8Array {
    const length = Math.min(blocks * BLOCK_BYTES, REGION_BYTES - this.#coded);
    if (length === 0) return new Uint8Array();
    const bytes = codedBytes(INPUT_STREAM, this.#coded, length);
    this.#coded += length;
    this.#append(bytes, stream);
    return bytes;
  }

  /** A Ctrl-C, to type by `send`: it may drop everything that waits. */
  interrupt(stream: number | undefined, send: (bytes: Uint8Array) => void): void {
    this.#append(CTRL_C, stream);
    this.#interrupting = true;
    send(CTRL_C);
    this.#interrupting = false;
  }

  /**
   * A shell is seen: what was typed before the first one was meant for it.
   * @param isFirst it is the first although there was another: that one could not be started, and never was
   */
  sees(stream: number, isFirst: boolean): void {
    if (isFirst && this.#first !== undefined && this.#first !== stream) {
      this.#neverWere.add(this.#first);
      this.#first = stream;
    }
    this.#first ??= stream;
  }

  /** Said to be discarded when the fate of held input was decided. */
  discarded(bytes: number): void {
    this.figures.discarded += bytes;
    this.#drop(bytes, this.figures.typed);
  }

  /** Said to be dropped by a Ctrl-C, which itself still waits, or with the shell. */
  dropped(bytes: number): void {
    this.figures.dropped += bytes;
    this.#drop(bytes, this.figures.typed - (this.#interrupting ? 1 : 0));
  }

  /** Said with the loss of the newest connection. */
  inDoubt(bytes: number): void {
    this.figures.inDoubt += bytes;
    if (this.#last === undefined) this.#fail(`${bytes} bytes are in doubt, and nothing was ever sent`);
    else this.#last.saidInDoubt += bytes;
  }

  /** A connection is open. */
  opened(socket: object, at: number): void {
    this.#last = { name: `the connection of ${Math.round(at)} ms`, handed: 0, received: 0, saidInDoubt: 0 };
    this.#connections.set(socket, this.#last);
  }

  /** The process handed `message`, channel byte first, to `socket`. */
  handed(socket: object, message: Uint8Array): void {
    const payload = message.subarray(1);
    const from = this.#next;
    const to = from + payload.length;
    if (to > this.figures.typed || Buffer.compare(payload, this.#text.subarray(from, to)) !== 0) {
      this.#fail(`sent ${positionOf(payload)}, which does not follow on the ${from} bytes before`);
    }
    this.#next = to;
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    connection.handed += payload.length;
    this.#messages.set(message, { from, connection });
  }

  received(message: Uint8Array, stream: number): void {
    const sent = this.#messages.get(message);
    if (sent === undefined) {
      this.#fail("received input that was never sent, or twice");
      return;
    }
    this.#messages.delete(message);
    const { from, connection } = sent;
    const length = message.length - 1;
    if (from < this.#receivedEnd)
      this.#fail(`received input ${from} out of order: ${this.#receivedEnd} was reached`);
    this.figures.received += length;
    connection.received += length;
    this.#receivedEnd = from + length;
    while ((this.#chunks[this.#at]?.end ?? Number.POSITIVE_INFINITY) <= from) this.#at += 1;
    for (let at = this.#at; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as Chunk;
      const isForFirst = chunk.stream === undefined || this.#neverWere.has(chunk.stream);
      const meant = isForFirst ? this.#first : chunk.stream;
      if (meant !== stream) this.#fail(`input ${from} was typed for shell ${meant} and came into ${stream}`);
      if (chunk.end >= this.#receivedEnd) break;
    }
  }

  /**
   * At the end. `queued`: bytes that still wait to be sent.
   * @param unsaid the newest connection was not lost: what it leaves in doubt is not said to anybody
   */
  check(queued: number, unsaid: boolean): void {
    const { typed } = this.figures;
    if (this.#next + queued !== typed) {
      this.#fail(`typed ${typed}, sent or dropped ${this.#next}, and ${queued} wait`);
    }
    for (const connection of this.#connections.values()) {
      const lost = connection.handed - connection.received;
      this.figures.lost += lost;
      if (lost <= connection.saidInDoubt || (unsaid && connection === this.#last)) continue;
      this.#fail(
        `${connection.name}: ${lost} of ${connection.handed} sent bytes did not arrive, and ${connection.saidInDoubt} are said to be in doubt`,
      );
    }
  }

  #append(bytes: Uint8Array, stream: number | undefined): void {
    const at = this.figures.typed;
    this.figures.typed += bytes.length;
    if (this.figures.typed > this.#text.length) {
      this.#text = Buffer.concat([this.#text, Buffer.alloc(this.figures.typed)]);
    }
    this.#text.set(bytes, at);
    this.#chunks.push({ end: this.figures.typed, stream });
  }

  #drop(bytes: number, end: number): void {
    if (bytes === 0) return;
    if (bytes !== end - this.#next) {
      this.#fail(`${bytes} bytes are said to be dropped, and ${end - this.#next} waited`);
    }
    this.#next = end;
  }
}
