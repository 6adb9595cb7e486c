// Tells the daemon how much of its output the terminal has really parsed: the page's flow control.

/** The daemon asks for a receipt at least this often, in bytes of frames' payloads. */
const RECEIPT_EVERY_BYTES = 32 * 1024;

/** Invariant: what is told adds up to exactly what was parsed, and less than `RECEIPT_EVERY_BYTES` of it is ever untold. */
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
    if (this.#untold < RECEIPT_EVERY_BYTES) return;
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, this.#untold);
    this.#untold = 0;
    this.#send(payload);
  }
}
