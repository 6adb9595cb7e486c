// Decides which frame goes to the server next, and when: rate, sizes, and the gate for input.
import { Channel } from "../../shared/channel.js";
import { encodeFrame } from "../../shared/frame.js";
import type { Size } from "../../shared/size.js";
import { encodeResize } from "../../shared/size.js";
import { InputQueue } from "./input-queue.js";

export interface PacerLimits {
  /** Sustained frames per second; `Infinity` for no limit. */
  readonly framesPerSecond: number;
  /** Longest payload of a STDIN frame, bytes. */
  readonly maxPayloadBytes: number;
}

/** From the protocol: 250 frames/s and 64 KB close the connection. We stay far below, whatever is counted how. */
export const AGENTCORE_LIMITS: PacerLimits = { framesPerSecond: 100, maxPayloadBytes: 32 * 1024 };

/** The local runtime has no rate limit; the frame size is the protocol's. */
export const LOCAL_LIMITS: PacerLimits = {
  framesPerSecond: Number.POSITIVE_INFINITY,
  maxPayloadBytes: 65_535,
};

/** Frames that may go at once after a pause; with the rate above at most 150 in any second. */
const BURST_FRAMES = 50;

/** A window that is being dragged reports hundreds of sizes; only the newest matters. */
const RESIZE_EVERY_MS = 100;

/** A program that is made to draw itself anew is given so long: two sizes that it sees at once are no change to it. */
const NUDGE_LIMIT_MS = 1_000;

/** Held input older than this is not what the person wants any more. */
const MAX_HELD_MS = 120_000;

const SLOW_FOR_MS = 60_000;
const MIN_PAYLOAD_BYTES = 1024;

export type Next =
  | { readonly kind: "frame"; readonly frame: Uint8Array }
  | { readonly kind: "wait"; readonly delayMs: number }
  | { readonly kind: "idle" };

const IDLE: Next = { kind: "idle" };

/**
 * All times are handed in: monotonic milliseconds, and of `send` and the gate those that go on while the machine sleeps.
 *
 * Invariants: each input byte leaves at most once, in order; none leaves while the gate is closed; of sizes only the
 * newest leaves, and once per connection at least.
 */
export class Pacer {
  readonly #limits: PacerLimits;
  readonly #queue: InputQueue;
  #maxPayloadBytes: number;
  #size: Size;
  #resizeDue = false;
  /** The next size sent is a row off: a size that is set again without a change makes no program draw. */
  #nudging = false;
  /** The size a row off is out, and nothing was output since. */
  #isNudged = false;
  #lastResizeMs = Number.NEGATIVE_INFINITY;
  /** When a size last went out too early, ahead of input. */
  #lastEarlyMs = Number.NEGATIVE_INFINITY;
  #gateOpen = false;
  #heldSinceMs = 0;
  #tokens = BURST_FRAMES;
  #refilledMs = 0;
  #slowUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: {
    limits: PacerLimits;
    size: Size;
    onPressure(high: boolean): void;
    onDropped?(bytes: number): void;
  }) {
    this.#limits = options.limits;
    this.#maxPayloadBytes = options.limits.maxPayloadBytes;
    this.#size = options.size;
    this.#queue = new InputQueue(options.onPressure, (bytes) => options.onDropped?.(bytes));
  }

  /** Input bytes that were accepted and not handed out yet. */
  get queuedBytes(): number {
    return this.#queue.size;
  }

  /** @returns false when the queue's bound would be passed; then nothing is taken. */
  send(bytes: Uint8Array, nowMs: number): boolean {
    if (this.#queue.size === 0) this.#heldSinceMs = nowMs;
    // While nothing can be sent, a Ctrl-C means: forget what I typed.
    return this.#queue.push(bytes, !this.#gateOpen);
  }

  resize(size: Size): void {
    this.#size = size;
    this.#resizeDue = true;
    this.#isNudged = false;
  }

  /** The size goes out twice, the first time a row off; then it waits for output. */
  nudge(): void {
    this.#resizeDue = true;
    this.#nudging = true;
  }

  /** Output has come. @returns whether something may go out earlier now. */
  handleOutput(): boolean {
    const wasNudged = this.#isNudged;
    this.#isNudged = false;
    return wasNudged;
  }

  /** A connection starts: its limits are its own, and it must be told the size. Input still waits for `openGate`. */
  startConnection(nowMs: number): void {
    this.#tokens = BURST_FRAMES;
    this.#refilledMs = nowMs;
    this.#resizeDue = true;
    this.#isNudged = false;
    this.#lastResizeMs = Number.NEGATIVE_INFINITY;
  }

  /** From now on input is held. */
  closeGate(nowMs: number): void {
    if (this.#gateOpen) this.#heldSinceMs = nowMs;
    this.#gateOpen = false;
  }

  /**
   * From now on input flows; what was held goes first.
   * @param keepHeld false: what was held must not be sent (it was meant for another shell).
   * @returns how many held bytes were discarded, for that reason or for their age.
   */
  openGate(nowMs: number, keepHeld: boolean): number {
    this.#gateOpen = true;
    return keepHeld && nowMs - this.#heldSinceMs <= MAX_HELD_MS ? 0 : this.#queue.discard();
  }

  /** The server complained about the rate: half of it for a minute. */
  slowDown(nowMs: number): void {
    this.#slowUntilMs = nowMs + SLOW_FOR_MS;
  }

  /** The server complained about the length of a frame: half of it from now on. */
  shrinkFrames(): void {
    this.#maxPayloadBytes = Math.max(MIN_PAYLOAD_BYTES, Math.floor(this.#maxPayloadBytes / 2));
  }

  /** The next frame, or how long to wait for it. Call again after each frame. */
  next(nowMs: number): Next {
    const hasInput = this.#gateOpen && this.#queue.size > 0;
    // Whoever types in another window takes the size with the first key, which must find it set. Not for each size of a drag.
    const isEarly = hasInput && nowMs - this.#lastEarlyMs >= RESIZE_EVERY_MS;
    const pauseMs = this.#isNudged ? NUDGE_LIMIT_MS : RESIZE_EVERY_MS;
    const dueMs = isEarly ? nowMs : this.#lastResizeMs + pauseMs;
    const resizeInMs = this.#resizeDue ? Math.max(0, dueMs - nowMs) : undefined;
    if (resizeInMs !== 0 && !hasInput) {
      return resizeInMs === undefined ? IDLE : { kind: "wait", delayMs: resizeInMs };
    }
    const tokenInMs = this.#takeToken(nowMs);
    if (tokenInMs > 0) return { kind: "wait", delayMs: tokenInMs };
    return { kind: "frame", frame: resizeInMs === 0 ? this.#resizeFrame(nowMs) : this.#inputFrame() };
  }

  #resizeFrame(nowMs: number): Uint8Array {
    const { cols, rows } = this.#size;
    const size = this.#nudging ? { cols, rows: rows > 1 ? rows - 1 : rows + 1 } : this.#size;
    this.#resizeDue = this.#nudging;
    // The second size of a nudge must not come so close to the first that the program sees no change.
    if (this.#nudging || nowMs - this.#lastResizeMs < RESIZE_EVERY_MS) this.#lastEarlyMs = nowMs;
    this.#isNudged = this.#nudging;
    this.#nudging = false;
    this.#lastResizeMs = nowMs;
    return encodeFrame(Channel.Resize, encodeResize(size));
  }

  #inputFrame(): Uint8Array {
    const frame = new Uint8Array(1 + Math.min(this.#queue.size, this.#maxPayloadBytes));
    frame[0] = Channel.Stdin;
    this.#queue.take(frame, 1);
    return frame;
  }

  /** Takes a token and returns 0, or returns in how many milliseconds there will be one. */
  #takeToken(nowMs: number): number {
    const perSecond = this.#limits.framesPerSecond / (nowMs < this.#slowUntilMs ? 2 : 1);
    if (perSecond === Number.POSITIVE_INFINITY) return 0;
    const refill = (Math.max(0, nowMs - this.#refilledMs) * perSecond) / 1000;
    this.#tokens = Math.min(BURST_FRAMES, this.#tokens + refill);
    this.#refilledMs = nowMs;
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) * 1000) / perSecond);
    this.#tokens -= 1;
    return 0;
  }
}
