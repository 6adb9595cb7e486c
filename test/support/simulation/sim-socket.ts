// One simulated connection: two paths with latency, on each of which things can be in flight, stuck or lost.
import type { Socket, SocketEnd, SocketHandlers, SocketRequest } from "../../../daemon/upstream/socket.js";
import { Channel } from "../../../shared/channel.js";
import { codedBytes } from "./position-code.js";
import type { SimClock } from "./sim-clock.js";

/** What the service sees of a connection. */
export interface ServerSide {
  /** A binary message arrived. */
  onMessage(message: Uint8Array): void;
  /** The service has noticed that the connection is gone. Once. */
  onGone(): void;
}

/** Told about everything that passes, so that what the process makes of it can be judged. */
export interface SocketWitness {
  /** The process handed over a message. */
  handed(socket: SimSocket, message: Uint8Array): void;
  /** A 101 is about to be given to the process. */
  opening(socket: SimSocket): void;
  /** Output is about to be given to the process. */
  arriving(stream: number, from: number, payload: Uint8Array): void;
  /** Anything is about to be given to the process, that was sent at `sentAt`. */
  inbound(socket: SimSocket, sentAt: number): void;
  /** The process was given it. */
  arrived(socket: SimSocket): void;
  /** Any other message is about to be given to the process. */
  told(socket: SimSocket, message: Uint8Array): void;
  /** The process is about to be told how the connection ended. */
  ended(socket: SimSocket, end: SocketEnd): void;
}

/** One direction: what enters first arrives first, unless the path is broken. */
class Path {
  lost = false;
  stuckUntil = 0;
  #last = 0;

  arrival(now: number, latency: number): number {
    this.#last = Math.max(this.#last, Math.max(now, this.stuckUntil) + latency);
    return this.#last;
  }
}

export interface SimSocketOptions {
  readonly clock: SimClock;
  readonly request: SocketRequest;
  readonly handlers: SocketHandlers;
  readonly witness: SocketWitness;
  readonly latencyMs: number;
  /** The service needs so long to notice that the process has gone without a word. */
  readonly noticeMs: number;
}

export class SimSocket implements Socket {
  readonly request: SocketRequest;
  readonly latencyMs: number;
  bufferedBytes = 0;
  server: ServerSide | undefined;
  /** What the service answered, for the witness: which shell, and where its output starts. */
  attached: { readonly stream: number; readonly from: number; readonly isNew: boolean } | undefined;
  opened = false;
  /** The process has let go of it, or has been told of its end. */
  ended = false;
  /** An orderly close by the process is under way. */
  closing = false;
  readonly #options: SimSocketOptions;
  readonly #down = new Path();
  readonly #up = new Path();
  #paused = false;
  #inbox: (() => void)[] = [];
  #inboxBytes = 0;

  constructor(options: SimSocketOptions) {
    this.#options = options;
    this.request = options.request;
    this.latencyMs = options.latencyMs;
  }

  // The process's side.

  send(message: Uint8Array, onWritten: () => void): void {
    const { clock, witness } = this.#options;
    witness.handed(this, message);
    if (this.ended) return;
    this.#upward(() => this.server?.onMessage(message));
    const stuck = this.#up.lost || this.#up.stuckUntil > clock.world;
    if (!stuck) clock.arrive(clock.world, onWritten);
    else {
      this.bufferedBytes += message.length;
      if (!this.#up.lost) clock.arrive(this.#up.stuckUntil, () => this.#written(message, onWritten));
    }
  }

  ping(id: number): void {
    this.#upward(() => {
      if (this.server !== undefined) this.downward(() => this.#options.handlers.onPong(id));
    });
  }

  close(code: number): void {
    if (this.ended || this.closing) return;
    this.closing = true;
    this.#upward(() => {
      const { server } = this;
      this.server = undefined;
      server?.onGone();
      this.downward(() => this.end({ kind: "closed", code, reason: "" }));
    });
  }

  terminate(): void {
    if (this.ended) return;
    this.ended = true;
    this.#inbox = [];
    this.#noticedAfter(this.#up.lost ? this.#options.noticeMs : this.latencyMs);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const { clock } = this.#options;
    clock.arrive(clock.world, () => this.#readOn());
  }

  // The service's side.

  /** Bytes that arrived and are not read, because the process has paused. */
  get unreadBytes(): number {
    return this.#inboxBytes;
  }

  open(headers: Readonly<Record<string, string>>): void {
    this.downward(() => {
      this.opened = true;
      this.#options.witness.opening(this);
      this.#options.handlers.onOpen(headers);
    });
  }

  /** Output `from..from+length` of `stream`. */
  output(stream: number, from: number, length: number): void {
    this.downward(() => {
      const frame = new Uint8Array(length + 1);
      frame[0] = Channel.Stdout;
      frame.set(codedBytes(stream, from, length), 1);
      const { witness, handlers } = this.#options;
      witness.arriving(stream, from, frame.subarray(1));
      handlers.onMessage(frame, true);
      witness.arrived(this);
    }, length);
  }

  message(bytes: Uint8Array, isBinary = true): void {
    this.downward(() => {
      this.#options.witness.told(this, bytes);
      this.#options.handlers.onMessage(bytes.slice(), isBinary);
    });
  }

  /** The service closes: what it sent before arrives before. */
  closeWith(code: number, reason = ""): void {
    this.server = undefined;
    this.downward(() => this.end({ kind: "closed", code, reason }));
  }

  refuse(status: number, headers: Readonly<Record<string, string>>, body: string): void {
    this.downward(() => this.end({ kind: "refused", status, headers, body }));
  }

  fail(code: string, afterMs: number): void {
    const { clock } = this.#options;
    clock.arrive(clock.world + afterMs, () => this.end({ kind: "failed", code, message: code }));
  }

  downward(run: () => void, bytes = 0): void {
    const { clock, witness } = this.#options;
    const sentAt = clock.world;
    const give = () => {
      if (this.ended) return;
      witness.inbound(this, sentAt);
      run();
    };
    clock.arrive(this.#down.arrival(sentAt, this.latencyMs), () => {
      if (this.#down.lost || this.ended) return;
      if (!this.#paused && this.#inbox.length === 0) give();
      else {
        this.#inboxBytes += bytes;
        this.#inbox.push(give);
      }
    });
  }

  // What goes wrong.

  /** The connection breaks: what is in flight is lost both ways; the process notices now, the service when it tries. */
  cut(): void {
    this.loseDown();
    this.loseUp();
    const { clock } = this.#options;
    clock.arrive(clock.world, () => {
      this.end(
        this.opened
          ? { kind: "closed", code: 1006, reason: "" }
          : { kind: "failed", code: "ECONNRESET", message: "" },
      );
    });
    this.#noticedAfter(this.#options.noticeMs);
  }

  loseDown(): void {
    this.#down.lost = true;
  }

  loseUp(): void {
    this.#up.lost = true;
  }

  /** Nothing arrives any more, and nobody is told. */
  halfOpen(): void {
    this.loseDown();
    this.loseUp();
    this.#noticedAfter(this.#options.noticeMs);
  }

  freeze(down: boolean, up: boolean, ms: number): void {
    const until = this.#options.clock.world + ms;
    if (down) this.#down.stuckUntil = until;
    if (up) this.#up.stuckUntil = until;
  }

  get isWhole(): boolean {
    const { world } = this.#options.clock;
    const lost = this.#down.lost || this.#up.lost;
    const stuck = this.#down.stuckUntil > world || this.#up.stuckUntil > world;
    return this.opened && !this.ended && !this.closing && !lost && !stuck && this.server !== undefined;
  }

  end(end: SocketEnd): void {
    if (this.ended) return;
    this.ended = true;
    this.#noticedAfter(this.#options.noticeMs);
    this.#options.witness.ended(this, end);
    this.#options.handlers.onEnd(end);
  }

  #readOn(): void {
    while (!this.#paused) {
      const next = this.#inbox.shift();
      if (next === undefined) break;
      next();
    }
    if (this.#inbox.length === 0) this.#inboxBytes = 0;
  }

  #written(message: Uint8Array, onWritten: () => void): void {
    this.bufferedBytes = Math.max(0, this.bufferedBytes - message.length);
    if (!this.ended) onWritten();
  }

  #upward(run: () => void): void {
    const { clock } = this.#options;
    clock.inWorld(this.#up.arrival(clock.world, this.latencyMs), () => {
      if (!this.#up.lost) run();
    });
  }

  #noticedAfter(ms: number): void {
    const { clock } = this.#options;
    clock.inWorld(clock.world + ms, () => {
      const { server } = this;
      this.server = undefined;
      server?.onGone();
    });
  }
}
