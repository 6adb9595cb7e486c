// The frames that a client has not been sent yet, in order; its output can be given up, what happened to the shell not.
import { Channel } from "../../../shared/channel.js";
import { framePayload } from "../../../shared/frame.js";
import { decodeNotice } from "../../../shared/notice.js";

/** Notices that outlive the output around them; the oldest go first. */
const MAX_NOTICES = 64;

/**
 * A backlog of a client that reads: the frames are those of all clients, not copies. More than a fast upstream brings before
 * the screen slows it, so that whoever reads as fast as the screen misses nothing ...
 */
const MAX_BACKLOG_BYTES = 8 * 1024 * 1024;
/** ... and one that is slower sees no output that is much older than this. */
const MAX_BACKLOG_AGE_MS = 1_000;

export class HeldFrames {
  #frames: Uint8Array[] = [];
  /** Monotonic milliseconds at which each frame of a backlog came. */
  #arrivals: number[] = [];
  #bytes = 0;
  readonly #onBacklog: (bytes: number) => void;

  /** @param onBacklog so much waits now; called for what was piled, not for what is held for a drawing */
  constructor(onBacklog: (bytes: number) => void = () => {}) {
    this.#onBacklog = onBacklog;
  }

  /** Bytes of all frames. The caller bounds them. */
  get bytes(): number {
    return this.#bytes;
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  /** The same as a part of a backlog that came at `nowMs`; false when that is too long now, or too old. */
  pile(frame: Uint8Array, nowMs: number): boolean {
    this.push(frame);
    this.#arrivals.push(nowMs);
    this.#onBacklog(this.#bytes);
    return this.#bytes <= MAX_BACKLOG_BYTES && nowMs - (this.#arrivals[0] ?? nowMs) <= MAX_BACKLOG_AGE_MS;
  }

  /** Keeps `frame` only when it is a notice that is still true without the output around it. */
  pushNotice(frame: Uint8Array): void {
    if (!isLastingNotice(frame)) return;
    this.#frames.push(frame);
    this.#bytes += frame.length;
    if (this.#frames.length > MAX_NOTICES) this.#bytes -= this.#frames.shift()?.length ?? 0;
  }

  /** Gives up everything but notices; returns how many bytes of STDOUT that were. */
  dropOutput(): number {
    const dropped = this.#frames.reduce((sum, frame) => sum + outputBytes(frame), 0);
    const notices = this.#frames.filter(isLastingNotice).slice(-MAX_NOTICES);
    this.#frames = notices;
    this.#arrivals = [];
    this.#bytes = notices.reduce((sum, frame) => sum + frame.length, 0);
    this.#onBacklog(0);
    return dropped;
  }

  /** The oldest frames of together at least so many bytes; all, when there are no more. They are not held afterwards. */
  take(wantedBytes = Number.POSITIVE_INFINITY): readonly Uint8Array[] {
    let count = 0;
    let bytes = 0;
    for (; bytes < wantedBytes && count < this.#frames.length; count++)
      bytes += this.#frames[count]?.length ?? 0;
    this.#bytes -= bytes;
    this.#arrivals.splice(0, count);
    this.#onBacklog(this.#bytes);
    return this.#frames.splice(0, count);
  }
}

/** STDOUT bytes in `frame`. */
export function outputBytes(frame: Uint8Array): number {
  return frame[0] === Channel.Stdout ? frame.length - 1 : 0;
}

/** Where the output stood is of no use without that output. */
function isLastingNotice(frame: Uint8Array): boolean {
  return frame[0] === Channel.Notice && decodeNotice(framePayload(frame))?.kind !== "position";
}
