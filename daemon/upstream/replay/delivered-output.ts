// The end of what one shell's server has delivered: what a replay is compared with after a reattach.
import { ReplayRing } from "../../../shared/replay-ring.js";

/** Twice the service's replay buffer: a repetition further back than a replay reaches is still seen to be one. */
const KEEP_BYTES = 512 * 1024;

/** Appending copies the bytes once and never moves what is held, except while the store still grows with use. */
export class DeliveredOutput {
  readonly #keepBytes: number;
  #ring: ReplayRing;

  constructor(keepBytes = KEEP_BYTES) {
    this.#keepBytes = keepBytes;
    this.#ring = new ReplayRing(keepBytes);
  }

  append(bytes: Uint8Array): void {
    this.#ring.append(bytes);
  }

  /** Bytes ever delivered in this epoch, also those that are not kept any more. */
  get total(): number {
    return this.#ring.end;
  }

  /** Another shell answers from here on. */
  reset(): void {
    this.#ring = new ReplayRing(this.#keepBytes);
  }

  /** The kept last bytes, a copy. */
  tail(): Uint8Array {
    return this.#ring.readFrom(0);
  }
}
