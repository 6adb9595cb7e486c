// Where a shell's output stands: its epoch, its absolute offset, and the last part of it for clients that resume.
import { ReplayRing } from "../../../shared/replay-ring.js";
import type { OutputPiece } from "../../terminal/filter/output-pieces.js";

/** What a client that was away has missed, in pieces; `offset`: where it stands. */
export interface Resumption {
  readonly offset: number;
  readonly pieces: readonly OutputPiece[];
}

/** Our choice: what a client can miss while the daemon restarts, and what the local runtime keeps, is the same 1 MiB. */
const RING_BYTES = 1024 * 1024;

/**
 * Invariants: `offset` counts every STDOUT byte of `epoch`; a resume is exact or refused, never approximate.
 */
export class OutputLog {
  #epoch: string;
  #ring: ReplayRing;

  constructor(epoch: string, offset = 0) {
    this.#epoch = epoch;
    this.#ring = new ReplayRing(RING_BYTES, offset);
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** Absolute offset after the newest byte. */
  get offset(): number {
    return this.#ring.end;
  }

  append(bytes: Uint8Array): void {
    this.#ring.append(bytes);
  }

  /** Another terminal, or the same one at a place that does not follow on what we have. */
  restart(epoch: string, offset: number): void {
    this.#epoch = epoch;
    this.#ring = new ReplayRing(RING_BYTES, offset);
  }

  /** The bytes from there to now, or undefined when they are not held (any more). */
  resumeFrom(resume: { readonly epoch: string; readonly offset: number }): Uint8Array | undefined {
    const held =
      resume.epoch === this.#epoch && resume.offset >= this.#ring.start && resume.offset <= this.#ring.end;
    return held ? this.#ring.readFrom(resume.offset) : undefined;
  }
}
