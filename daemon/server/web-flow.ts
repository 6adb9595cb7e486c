// Acknowledged flow control: what a page has not parsed yet counts as what a socket has not taken.
import { Channel, MAX_UNACKNOWLEDGED_BYTES } from "../../shared/channel.js";

/** What attached clients take for a full queue, per unacknowledged byte: 512 KiB here are the 1 MiB of a socket's queue there. */
const SCALE = 2;
/** A page acknowledges every 32 KiB, so the last bytes may stay open for long: that little counts as read. */
const LOW_BYTES = MAX_UNACKNOWLEDGED_BYTES / 4;

/**
 * A browser's socket takes what the page has no time for: bytes on their way say nothing. So the page counts what its terminal
 * has parsed. Invariant: whenever `queuedBytes` has been above the low mark, a later acknowledgement calls back.
 */
export class WebFlow {
  readonly #drained: (() => void)[] = [];
  #open = 0;
  #isFull = false;

  get queuedBytes(): number {
    return this.#open * SCALE;
  }

  onDrain(callback: () => void): void {
    this.#drained.push(callback);
  }

  /** A frame was sent. */
  sent(frame: Uint8Array): void {
    const [channel] = frame;
    if (channel !== Channel.Stdout && channel !== Channel.Stderr && channel !== Channel.Snapshot) return;
    this.#open += frame.length - 1;
    if (this.#open > LOW_BYTES) this.#isFull = true;
  }

  /** The payload of an ACK came; what makes no sense acknowledges nothing, and never more than was sent. */
  acknowledged(payload: Uint8Array): void {
    if (payload.length !== 4) return;
    const bytes = new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0);
    this.#open = Math.max(0, this.#open - bytes);
    if (!this.#isFull || this.#open > LOW_BYTES) return;
    this.#isFull = false;
    for (const callback of this.#drained) callback();
  }
}
