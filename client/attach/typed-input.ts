// What was typed, on its way to the daemon: kept while there is none, and proved to have arrived by heartbeats that come back.
import { Channel, MAX_PAYLOAD_BYTES } from "../../shared/channel.js";
import { InputEvidence } from "../../shared/input-evidence.js";
import { InputQueue } from "../../shared/input-queue.js";
import type { PacketStream } from "../daemon/daemon-connection.js";

/** At most four proofs a second are asked for. */
const ASK_AFTER_MS = 250;

/** Invariants: bytes are sent once, in order; those that a dead daemon may not have taken are counted, and never sent again. */
export class TypedInput {
  readonly #queue = new InputQueue();
  #evidence = new InputEvidence();
  #stream: PacketStream | undefined;
  #writable = false;
  #timer: NodeJS.Timeout | undefined;
  /** When a person typed last. */
  #typedAt: number | undefined;

  /** So much waits that the terminal must not be read. */
  get isFull(): boolean {
    return this.#queue.isFull;
  }

  /** Milliseconds since a person typed last; undefined: nobody has. */
  get typedAgo(): number | undefined {
    return this.#typedAt === undefined ? undefined : Math.round(performance.now() - this.#typedAt);
  }

  /** A person did something in this window. */
  noteTyping(): void {
    this.#typedAt = performance.now();
  }

  push(bytes: Uint8Array): void {
    if (!isReport(bytes)) this.noteTyping();
    this.#queue.push(bytes);
  }

  /** From now on input flows to `stream`. */
  connect(stream: PacketStream): void {
    this.#stream = stream;
    this.#writable = true;
    this.#evidence = new InputEvidence();
    this.send();
  }

  /** The daemon is gone; returns how many bytes it may not have taken. */
  disconnect(): number {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stream = undefined;
    this.#writable = false;
    return this.#evidence.inDoubt;
  }

  /** The stream takes more. */
  handleDrain(): void {
    this.#writable = true;
    this.send();
  }

  /** A heartbeat came back: the daemon has read what was sent before it. */
  handleHeartbeat(payload: Uint8Array): void {
    if (payload.length !== 4) return;
    const { buffer, byteOffset } = payload;
    this.#evidence.proved(new DataView(buffer, byteOffset, 4).getUint32(0));
  }

  /** Sends what may be sent now; with `all`, also what the stream has to keep in memory. */
  send(all = false): void {
    while (this.#stream !== undefined && (this.#writable || all)) {
      const bytes = this.#queue.take(MAX_PAYLOAD_BYTES);
      if (bytes === undefined) break;
      this.#writable = this.#stream.send(Channel.Stdin, bytes);
      this.#evidence.sent(bytes.length);
      this.#timer ??= setTimeout(() => this.#ask(), ASK_AFTER_MS).unref();
    }
  }

  /** Drops what waits; returns how many bytes that were. */
  drop(): number {
    return this.#queue.clear();
  }

  #ask(): void {
    this.#timer = undefined;
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, this.#evidence.mark());
    this.#stream?.send(Channel.Heartbeat, payload);
  }
}

const REPORTS = ["\u001b[I", "\u001b[O", "\u001b[?", "\u001b[>", "\u001b[<", "\u001b]", "\u001bP", "\u001b_"];

/** Looks like what a terminal sends by itself: focus, pointer, answers. The daemon knows better; who leads again hangs on it only. */
export function isReport(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x1b) return false;
  const start = String.fromCharCode(...bytes.subarray(0, 3));
  return REPORTS.some((report) => start.startsWith(report) && bytes.length > 2);
}
