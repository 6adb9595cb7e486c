// Finds a dead connection: pings when due, and gives up when nothing at all comes back.
import type { Clock } from "./clock.js";

/** The service's idle limit is about 60 s by one source; any message counts. */
const PING_EVERY_MS = 15_000;
/** The published clients take 60 to 90 s; a terminal should not. */
const DEAD_AFTER_MS = 10_000;
/** After typing, an answer (an echo) is due much sooner: then ask, and expect the pong quickly. */
const QUIET_AFTER_INPUT_MS = 2_000;
const DEAD_AFTER_INPUT_MS = 5_000;
/** A server whose program does not read a paste may stop reading us, pings included: then be as patient as the published clients. */
const MUCH_INPUT_BYTES = 4 * 1024;
const DEAD_AFTER_MUCH_INPUT_MS = 60_000;
/** A timer this late means that this process was stopped; what arrived meanwhile has not been read yet. */
const LATE_MS = 1_000;

export interface KeepaliveOptions {
  readonly clock: Clock;
  sendPing(): void;
  /** Called at most once. */
  onDead(): void;
}

/**
 * Invariants: any inbound message proves life; at most one timer is armed; a ping is outstanding exactly while
 * `#deadlineMs` is set; a connection that is not being read is never declared dead.
 */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  #cancel: (() => void) | undefined;
  #dueAt = 0;
  #lastPingAt: number;
  #unansweredInputAt: number | undefined;
  #deadlineMs: number | undefined;
  /** Input that no pong has proved to be read: before the last ping, and after it. */
  #bytesBeforePing = 0;
  #bytesSincePing = 0;
  #held = false;

  constructor(options: KeepaliveOptions) {
    this.#options = options;
    this.#lastPingAt = options.clock.monotonic();
    this.#arm();
  }

  /** Something arrived. Cheap, except for the first after a ping. */
  handleInbound(): void {
    this.#unansweredInputAt = undefined;
    if (this.#deadlineMs === undefined) return;
    this.#deadlineMs = undefined;
    this.#arm();
  }

  /** A ping or pong arrived: all that was sent before our last ping has been read. */
  handleControl(): void {
    this.#bytesBeforePing = 0;
    this.handleInbound();
  }

  /** Input was sent. */
  handleInput(bytes: number): void {
    this.#bytesSincePing += bytes;
    if (this.#unansweredInputAt !== undefined || this.#deadlineMs !== undefined) return;
    this.#unansweredInputAt = this.#options.clock.monotonic();
    this.#arm();
  }

  /** Reading stops for a moment. */
  hold(): void {
    this.#held = true;
  }

  /** Reading goes on: silence until now meant nothing. */
  release(): void {
    this.#held = false;
    this.handleInbound();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    this.#cancel?.();
    const { clock } = this.#options;
    this.#dueAt = this.#nextDue();
    this.#cancel = clock.setTimeout(() => this.#tick(), Math.max(0, this.#dueAt - clock.monotonic()));
  }

  #nextDue(): number {
    if (this.#deadlineMs !== undefined) return this.#deadlineMs;
    const ping = this.#lastPingAt + PING_EVERY_MS;
    return this.#unansweredInputAt === undefined
      ? ping
      : Math.min(ping, this.#unansweredInputAt + QUIET_AFTER_INPUT_MS);
  }

  #tick(): void {
    const now = this.#options.clock.monotonic();
    if (this.#held) this.handleInbound();
    if (this.#deadlineMs !== undefined && now >= this.#deadlineMs) {
      if (now - this.#dueAt < LATE_MS) {
        this.stop();
        this.#options.onDead();
        return;
      }
      this.#deadlineMs = now + LATE_MS;
    } else if (now >= this.#nextDue()) {
      this.#bytesBeforePing += this.#bytesSincePing;
      this.#bytesSincePing = 0;
      this.#deadlineMs = now + this.#patienceMs();
      this.#unansweredInputAt = undefined;
      this.#lastPingAt = now;
      this.#options.sendPing();
    }
    this.#arm();
  }

  #patienceMs(): number {
    if (this.#bytesBeforePing > MUCH_INPUT_BYTES) return DEAD_AFTER_MUCH_INPUT_MS;
    return this.#unansweredInputAt === undefined ? DEAD_AFTER_MS : DEAD_AFTER_INPUT_MS;
  }
}
