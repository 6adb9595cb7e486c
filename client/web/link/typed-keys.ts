// What was typed, on its way to the daemon: kept while there is none, and proved to have arrived by heartbeats that come back.
import { Channel } from "../../../shared/channel.js";
import { InputEvidence } from "../../../shared/input-evidence.js";
import { InputQueue } from "../../../shared/input-queue.js";

/** At most four proofs a second are asked for. */
const ASK_AFTER_MS = 250;

/**
 * Our bound, half of the daemon's 64 KiB for a message: a paste leaves in pieces, so that what is typed meanwhile is not
 * behind one large message.
 */
const PIECE_BYTES = 32 * 1024;

export type SendFrame = (channel: number, payload: Uint8Array) => void;

/** Invariants: bytes are sent once, in order; those that a lost connection may not have carried are counted, and never sent again. */
export class TypedKeys {
  readonly #queue = new InputQueue();
  readonly #later: (ms: number, run: () => void) => () => void;
  #evidence = new InputEvidence();
  #send: SendFrame | undefined;
  #cancel: (() => void) | undefined;

  /** @param later runs something after so many milliseconds; returns how to cancel that. */
  constructor(later: (ms: number, run: () => void) => () => void) {
    this.#later = later;
  }

  /** Bytes that wait for a connection. */
  get held(): number {
    return this.#queue.bytes;
  }

  get isConnected(): boolean {
    return this.#send !== undefined;
  }

  /** One event of the terminal: it travels in frames of its own, because the daemon judges answers by whole frames. */
  push(bytes: Uint8Array): void {
    // Nothing is taken beyond the bound: the caller sees `held` and says so.
    if (this.#queue.isFull) return;
    this.#queue.push(bytes);
    this.#flush();
  }

  connect(send: SendFrame): void {
    this.#send = send;
    this.#evidence = new InputEvidence();
    this.#flush();
  }

  /** The connection is gone, or about to be closed; returns how many bytes may not have arrived. */
  disconnect(): number {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#send = undefined;
    const { inDoubt } = this.#evidence;
    this.#evidence = new InputEvidence();
    return inDoubt;
  }

  /** A heartbeat came back: what was sent before it has been read. */
  handleHeartbeat(payload: Uint8Array): void {
    if (payload.length !== 4) return;
    this.#evidence.proved(new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0));
  }

  /** Drops what waits; returns how many bytes that were. */
  drop(): number {
    return this.#queue.clear();
  }

  #flush(): void {
    while (this.#send !== undefined) {
      const bytes = this.#queue.take(PIECE_BYTES);
      if (bytes === undefined) return;
      this.#send(Channel.Stdin, bytes);
      this.#evidence.sent(bytes.length);
      this.#cancel ??= this.#later(ASK_AFTER_MS, () => this.#ask());
    }
  }

  #ask(): void {
    this.#cancel = undefined;
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, this.#evidence.mark());
    this.#send?.(Channel.Heartbeat, payload);
  }
}
