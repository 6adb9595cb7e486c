// Tells the daemon how much of its output the terminal has really parsed: the page's flow control.
import { ACKNOWLEDGE_EVERY_BYTES } from "../../../shared/channel.js";

/** Invariant: what is told adds up to exactly what was parsed, and less than `ACKNOWLEDGE_EVERY_BYTES` of it is ever untold. */
export class ReadReceipts {
  readonly #send: (payload: Uint8Array) => void;
  #untold = 0;

  /** @param send gets an ACK payload: u32 big-endian, bytes parsed since the last one. */
  constructor(send: (payload: Uint8Array) => void) {
    this.#send = send;
  }

  /** The terminal has parsed so many bytes more. */
  parsed(bytes: number): void {
    this.#untold += bytes;
    if (this.#untold < ACKNOWLEDGE_EVERY_BYTES) return;
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, this.#untold);
    this.#untold = 0;
    this.#send(payload);
  }
}
