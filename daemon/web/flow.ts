// Acknowledged flow control: what a page has not parsed yet counts as what a socket has not taken.
import { Channel, MAX_UNACKNOWLEDGED_BYTES } from "../../shared/channel.js";

/**
 * A page takes the place of the kernel's buffer behind a Unix socket: so much of it counts as delivered, and the rest as queued. With the
 * 128 KiB that may be queued for a terminal (attached-client.ts) that is the 512 KiB of the protocol.
 */
const DELIVERED_BYTES = MAX_UNACKNOWLEDGED_BYTES - 128 * 1024;
/** A page acknowledges every 32 KiB, so the last bytes may stay open for long; and while it parses these, more can come. */
const LOW_BYTES = DELIVERED_BYTES / 2;

/**
 * A browser's socket takes what the page has no time for: bytes on their way say nothing. So the page counts what its terminal
 * has parsed. Invariant: whenever `queuedBytes` has been above 0, it comes to 0 and calls back once the page has parsed what it got.
 */
export class WebFlow {
  readonly #drained: (() => void)[] = [];
  /** Sent and not acknowledged. */
  #open = 0;
  /** Of frames that no page acknowledges: not written yet. */
  #unwritten = 0;
  #isFull = false;

  get queuedBytes(): number {
    return Math.max(0, this.#open - DELIVERED_BYTES) + this.#unwritten;
  }

  onDrain(callback: () => void): void {
    this.#drained.push(callback);
  }

  /** A frame was handed to the socket. */
  sent(frame: Uint8Array): void {
    if (isAcknowledged(frame)) this.#open += frame.length - 1;
    else this.#unwritten += frame.length;
    if (this.#open > LOW_BYTES || this.#unwritten > 0) this.#isFull = true;
  }

  /** The socket is rid of that frame. */
  written(frame: Uint8Array): void {
    if (isAcknowledged(frame)) return;
    this.#unwritten -= frame.length;
    this.#check();
  }

  /** The payload of an ACK came; what makes no sense acknowledges nothing, and never more than was sent. */
  acknowledged(payload: Uint8Array): void {
    if (payload.length !== 4) return;
    const bytes = new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0);
    this.#open = Math.max(0, this.#open - bytes);
    this.#check();
  }

  #check(): void {
    if (!this.#isFull || this.#open > LOW_BYTES || this.#unwritten > 0) return;
    this.#isFull = false;
    for (const callback of this.#drained) callback();
  }
}

function isAcknowledged([channel]: Uint8Array): boolean {
  return channel === Channel.Stdout || channel === Channel.Stderr || channel === Channel.Snapshot;
}
