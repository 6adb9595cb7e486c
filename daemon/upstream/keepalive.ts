// Finds a dead connection, and proves what arrived: pings when due, and gives up when nothing at all comes back.
import { InputEvidence } from "../../shared/input-evidence.js";
import { type Clock, type Moment, momentOf } from "./clock.js";

/** The service's idle limit is about 60 s by one source; any message counts. Together, a silent death is found within 12 s. */
const PING_EVERY_MS = 6_000;
/** The published clients take 60 to 90 s; a terminal should not. */
const DEAD_AFTER_MS = 6_000;
/** Typing is followed by a ping, at most four a second: its pong proves that the keys arrived, and its lack shows a dead link early. */
const PING_AFTER_INPUT_MS = 250;
const DEAD_AFTER_INPUT_MS = 5_000;
/** A server whose program does not read a paste may stop reading us, pings included: then be as patient as the published clients. */
const MUCH_INPUT_BYTES = 4 * 1024;
const DEAD_AFTER_MUCH_INPUT_MS = 60_000;
/** After this long without an answer the person is told. */
const SILENT_AFTER_MS = 3_000;
/** After the machine slept: the links that did not survive that are to be found now. */
const DEAD_AFTER_WAKE_MS = 3_000;
/** A timer this late means that this process was stopped; what arrived meanwhile has not been read yet. */
const LATE_MS = 1_000;

export interface KeepaliveOptions {
  readonly clock: Clock;
  /** `id` comes back by `handlePong`. */
  sendPing(id: number): void;
  /** Something was asked, and nothing at all has come for this long; `undefined`: something came again. */
  onSilence(forMs: number | undefined): void;
  /** Called at most once. */
  onDead(): void;
}

/**
 * Invariants: any inbound message proves life; at most one timer is armed; an answer is outstanding exactly while
 * `#deadlineMs` is set; a connection that is not being read is never declared dead.
 */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  readonly #evidence = new InputEvidence();
  #cancel: (() => void) | undefined;
  #dueAt = 0;
  #lastPingAt: number;
  #lastInbound: Moment;
  #inputAt: number | undefined;
  #deadlineMs: number | undefined;
  /** When the answer that is outstanding was asked for. */
  #askedAt = 0;
  #saidSilent = false;
  #held = false;

  constructor(options: KeepaliveOptions) {
    this.#options = options;
    this.#lastInbound = momentOf(options.clock);
    this.#lastPingAt = this.#lastInbound.ms;
    this.#arm();
  }

  /** Typed bytes that were sent and that nothing has proved to have arrived. */
  get inputInDoubt(): number {
    return this.#evidence.inDoubt;
  }

  /** A connection keeps its order: everything that the server sent before that has arrived. */
  get lastInbound(): Moment {
    return this.#lastInbound;
  }

  /** Something arrived. Cheap, except for the first after a ping. */
  handleInbound(): void {
    this.#lastInbound = momentOf(this.#options.clock);
    if (this.#deadlineMs === undefined) return;
    this.#deadlineMs = undefined;
    if (this.#saidSilent) this.#options.onSilence(undefined);
    this.#saidSilent = false;
    this.#arm();
  }

  /** The answer to the ping `id`: all that was sent before it has been read. */
  handlePong(id: number): void {
    this.#evidence.proved(id);
    this.handleInbound();
  }

  /** Input was sent. */
  handleInput(bytes: number): void {
    this.#evidence.sent(bytes);
    if (this.#inputAt !== undefined) return;
    this.#inputAt = this.#options.clock.monotonic();
    this.#arm();
  }

  /** Both sides have closed the connection in order. */
  handleOrderlyClose(): void {
    this.#evidence.provedAll();
  }

  /** The machine slept, or this process was stopped: ask now, and do not wait long. */
  probe(): void {
    if (this.#cancel === undefined) return;
    this.#ping(DEAD_AFTER_WAKE_MS);
    this.#arm();
  }

  /** Reading stops for a moment. */
  hold(): void {
    this.#held = true;
  }

  /** Reading goes on: silence until now meant nothing, and what waited to be read comes first. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#excuse();
    if (this.#cancel !== undefined) this.#arm();
  }

  /** From now on nothing is asked, waited for or said, whatever still comes: a socket may have some pongs left. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#deadlineMs = undefined;
  }

  #arm(): void {
    this.#cancel?.();
    const { clock } = this.#options;
    this.#dueAt = this.#nextDue();
    this.#cancel = clock.setTimeout(() => this.#tick(), Math.max(0, this.#dueAt - clock.monotonic()));
  }

  #nextDue(): number {
    const ping = this.#pingDue();
    if (this.#deadlineMs === undefined) return ping;
    const word = this.#saidSilent ? Number.POSITIVE_INFINITY : this.#askedAt + SILENT_AFTER_MS;
    return Math.min(this.#inputAt === undefined ? Number.POSITIVE_INFINITY : ping, word, this.#deadlineMs);
  }

  #pingDue(): number {
    const regular = this.#lastPingAt + PING_EVERY_MS;
    if (this.#inputAt === undefined) return regular;
    return Math.min(regular, Math.max(this.#inputAt, this.#lastPingAt) + PING_AFTER_INPUT_MS);
  }

  #tick(): void {
    const now = this.#options.clock.monotonic();
    if (this.#held || now - this.#dueAt >= LATE_MS) this.#excuse();
    if (this.#deadlineMs !== undefined && now >= this.#deadlineMs) {
      this.stop();
      this.#options.onDead();
      return;
    }
    if (now >= this.#pingDue() && (this.#deadlineMs === undefined || this.#inputAt !== undefined)) {
      this.#ping(this.#inputAt === undefined ? DEAD_AFTER_MS : DEAD_AFTER_INPUT_MS);
    }
    const silentFor = now - this.#askedAt;
    if (this.#deadlineMs !== undefined && !this.#saidSilent && silentFor >= SILENT_AFTER_MS) {
      this.#saidSilent = true;
      this.#options.onSilence(now - this.#lastInbound.ms);
    }
    this.#arm();
  }

  /** Nothing was read for a while: that is no silence, nor a sign of life. */
  #excuse(): void {
    if (this.#deadlineMs === undefined) return;
    const now = this.#options.clock.monotonic();
    this.#deadlineMs = Math.max(this.#deadlineMs, now + LATE_MS);
    this.#askedAt = now;
  }

  /** A ping while another is unanswered proves more, and grants no more time. */
  #ping(patienceMs: number): void {
    const now = this.#options.clock.monotonic();
    const id = this.#evidence.mark();
    const isSlow = this.#evidence.beforePing > MUCH_INPUT_BYTES;
    if (this.#deadlineMs === undefined) this.#askedAt = now;
    // Patience is counted from the first question: whoever types into a dead link must not keep it.
    const deadline = isSlow ? this.#askedAt + DEAD_AFTER_MUCH_INPUT_MS : now + patienceMs;
    const before = this.#deadlineMs ?? deadline;
    this.#deadlineMs = isSlow ? Math.max(before, deadline) : Math.min(before, deadline);
    this.#inputAt = undefined;
    this.#lastPingAt = now;
    this.#options.sendPing(id);
  }
}
