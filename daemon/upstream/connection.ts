// One connection: from opening a WebSocket to a typed end. What it means for the shell is decided elsewhere.
import { Channel } from "../../shared/channel.js";
import { encodeFrame, fittingFrames, framePayload } from "../../shared/frame.js";
import { printable } from "../../shared/names.js";
import { parseStatus, type ShellExit, type Status } from "../../shared/status.js";
import type { Moment } from "./clock.js";
import type { UpstreamDeps } from "./deps.js";
import { Keepalive } from "./keepalive.js";
import type { ConnectionEnd } from "./outcome.js";
import type { Pacer } from "./pacer.js";
import type { Socket, SocketEnd, SocketRequest } from "./socket.js";

/** From the protocol: a microVM that has to start takes minutes to answer the upgrade. */
const UPGRADE_TIMEOUT_MS = 330_000;

/** The server closes after a termination STATUS; if it does not, we do. */
const CLOSE_AFTER_EXIT_MS = 2_000;

/** How long an orderly close waits for the server's close frame, and for the output before it. */
const CLOSE_HANDSHAKE_MS = 1_000;

/** What is handed to the socket cannot be overtaken by a Ctrl-C any more: keep it little. */
const MAX_HANDED_BYTES = 64 * 1024;

export interface ConnectionHandlers {
  /** The 101, with its headers. */
  onOpen(headers: Readonly<Record<string, string>>): void;
  /** A STDOUT or STDERR frame, 2..65,536 bytes. */
  onOutput(frame: Uint8Array): void;
  onConfirmation(confirmation: Extract<Status, { kind: "confirmation" }>): void;
  /** Nothing has come for `forMs` although something was asked; undefined: the server answers again. */
  onSilence(forMs: number | undefined): void;
}

export interface ConnectionOptions {
  readonly request: SocketRequest;
  readonly pacer: Pacer;
  readonly handlers: ConnectionHandlers;
  readonly deps: Pick<UpstreamDeps, "clock" | "openSocket" | "log">;
}

/**
 * Invariants: `ended` is resolved exactly once, and no handler is called after that; frames are handed to the socket
 * only between the 101 and the end; CLOSE (0xFF) is sent by `kill` and by nothing else.
 */
export class Connection {
  readonly ended: Promise<ConnectionEnd>;
  readonly #options: ConnectionOptions;
  readonly #resolve: (end: ConnectionEnd) => void;
  #phase: "opening" | "open" | "leaving" | "ended" = "opening";
  #socket: Socket | undefined;
  #keepalive: Keepalive | undefined;
  #openedAt = 0;
  #exit: ShellExit | undefined;
  #closeFrame = false;
  #killed = false;
  #started = false;
  #ignored = 0;
  #pumping = false;
  #leaveWith: ConnectionEnd | undefined;
  #sawClose = false;
  #cancelPump: (() => void) | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    let resolve: (end: ConnectionEnd) => void = () => {};
    this.ended = new Promise((resolveEnded) => {
      resolve = resolveEnded;
    });
    this.#resolve = resolve;
    this.#open();
  }

  /** Sends what may be sent now. Call it after anything that gives the pacer something to send. */
  pump(): void {
    if (this.#phase !== "open" || this.#socket === undefined || this.#pumping) return;
    const { clock } = this.#options.deps;
    this.#pumping = true;
    this.#cancelPump?.();
    this.#cancelPump = undefined;
    while (this.#socket.bufferedBytes < MAX_HANDED_BYTES) {
      const next = this.#options.pacer.next(clock.monotonic());
      if (next.kind === "idle") break;
      if (next.kind === "wait") {
        this.#cancelPump = clock.setTimeout(() => this.pump(), next.delayMs);
        break;
      }
      if (next.frame[0] === Channel.Stdin) this.#keepalive?.handleInput(next.frame.length - 1);
      this.#socket.send(next.frame, () => this.pump());
    }
    this.#pumping = false;
  }

  /** Ends the shell's process: sends CLOSE once the connection is open; the server answers and closes. */
  kill(): void {
    if (this.#phase !== "open" || this.#killed) return;
    this.#killed = true;
    this.#socket?.send(encodeFrame(Channel.Close, new Uint8Array()), () => {});
  }

  /** Leaves the shell running: closes in order, delivering what is still on its way, and ends with `end`. */
  leave(end: ConnectionEnd): void {
    if (this.#phase === "ended" || this.#phase === "leaving") return;
    if (this.#phase === "opening") {
      this.#finish(end);
      this.#socket?.terminate();
      return;
    }
    const ageMs = this.#options.deps.clock.monotonic() - this.#openedAt;
    const how = end.kind === "stopped" ? { ...end, ageMs } : end;
    this.#phase = "leaving";
    this.#leaveWith = how;
    this.#cancelPump?.();
    // A close handshake ends the read side too: a paused socket would never see it.
    this.resume();
    this.#socket?.close(1000);
    this.#setTimer(CLOSE_HANDSHAKE_MS, () => {
      this.#finish(how);
      this.#socket?.terminate();
    });
  }

  pause(): void {
    if (this.#phase !== "open") return;
    this.#keepalive?.hold();
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
    this.#keepalive?.release();
  }

  /** Typed bytes that may or may not have arrived: handed over, and nothing proves that they did. */
  get inputInDoubt(): number {
    return this.#keepalive?.inputInDoubt ?? 0;
  }

  /** What the server sent after that may not have arrived. Undefined after its close frame, and over a Unix socket. */
  get outputInDoubtSince(): Moment | undefined {
    return this.#sawClose ? undefined : this.#keepalive?.lastInbound;
  }

  /** Asks for a sign of life now, and gives up soon without one. */
  probe(): void {
    if (this.#phase === "open") this.#keepalive?.probe();
  }

  #open(): void {
    const { request, deps } = this.#options;
    this.#setTimer(UPGRADE_TIMEOUT_MS, () => {
      const message = `no answer within ${UPGRADE_TIMEOUT_MS / 1000} s`;
      this.#finish({ kind: "failed", code: "ETIMEDOUT", message });
      this.#socket?.terminate();
    });
    try {
      this.#socket = deps.openSocket(request, {
        onOpen: (headers) => this.#handleOpen(headers),
        onMessage: (data, isBinary) => this.#handleMessage(data, isBinary),
        onPing: () => this.#keepalive?.handleInbound(),
        onPong: (id) => this.#keepalive?.handlePong(id),
        onEnd: (end) => this.#handleEnd(end),
      });
    } catch (error) {
      // Headers or a URL that Node refuses to send.
      const message = error instanceof Error ? error.message : "not a valid request";
      this.#finish({ kind: "failed", code: "EINVAL", message });
    }
  }

  #handleOpen(headers: Readonly<Record<string, string>>): void {
    if (this.#phase !== "opening") return;
    const { clock } = this.#options.deps;
    this.#phase = "open";
    this.#cancelTimer?.();
    this.#openedAt = clock.monotonic();
    // Over a Unix socket the kernel itself tells when the other side dies; silence means a program that does not read.
    if (this.#options.request.socketPath === undefined) this.#keepalive = this.#startKeepalive();
    this.#options.pacer.startConnection(this.#openedAt);
    this.#options.handlers.onOpen(headers);
    this.pump();
  }

  #startKeepalive(): Keepalive {
    return new Keepalive({
      clock: this.#options.deps.clock,
      sendPing: (id) => this.#socket?.ping(id),
      onSilence: (forMs) => this.#options.handlers.onSilence(forMs),
      onDead: () => {
        this.#finish(this.#leaveWith ?? this.#closed(1006, "no answer"));
        this.#socket?.terminate();
      },
    });
  }

  #handleMessage(data: Uint8Array, isBinary: boolean): void {
    if (this.#phase !== "open" && this.#phase !== "leaving") return;
    this.#keepalive?.handleInbound();
    const channel = data[0];
    if (!isBinary || channel === undefined) {
      this.#ignore(undefined);
      return;
    }
    switch (channel) {
      case Channel.Stdout:
      case Channel.Stderr:
        this.#deliver(data);
        break;
      case Channel.Status:
        this.#handleStatus(parseStatus(framePayload(data)));
        break;
      case Channel.Heartbeat:
        break;
      case Channel.Close:
        this.#closeFrame = true;
        break;
      default:
        this.#ignore(channel);
    }
  }

  #deliver(message: Uint8Array): void {
    if (message.length < 2) {
      this.#ignore(message[0]);
      return;
    }
    this.#started = true;
    // Left because another shell answered: what that one prints is not our shell's output.
    if (this.#leaveWith?.kind === "replaced") return;
    for (const frame of fittingFrames(message)) this.#options.handlers.onOutput(frame);
    if (message[0] === Channel.Stdout && this.#options.pacer.handleOutput()) this.pump();
  }

  #handleStatus(status: Status): void {
    switch (status.kind) {
      case "confirmation":
        this.#started = true;
        this.#options.handlers.onConfirmation(status);
        break;
      case "termination":
        if (this.#exit !== undefined) break;
        this.#exit = status.exit;
        if (this.#phase === "open") {
          this.#setTimer(CLOSE_AFTER_EXIT_MS, () => this.leave(this.#closed(1000, "")));
        }
        break;
      case "invalid":
        this.#ignore(Channel.Status);
    }
  }

  /** Counts what the protocol does not know; only the first of a connection is worth a line. */
  #ignore(channel: number | undefined): void {
    this.#ignored += 1;
    if (this.#ignored === 1) this.#options.deps.log.debug({ channel }, "ignored a message");
  }

  #handleEnd(end: SocketEnd): void {
    this.#sawClose = end.kind === "closed" && end.code !== 1006;
    // The answer to our close frame repeats its code, or has none: any other close was on its way before it was read.
    const isAnswer = end.kind === "closed" && (end.code === 1000 || end.code === 1005);
    if (this.#leaveWith !== undefined && isAnswer) this.#keepalive?.handleOrderlyClose();
    // What the server said while we were leaving is news: the shell ended, or somebody else has it.
    const news = this.#exit !== undefined || (end.kind === "closed" && end.code === 4000);
    const isHeard = news && (this.#leaveWith?.kind !== "stopped" || this.#exit !== undefined);
    if (this.#leaveWith !== undefined && !isHeard) this.#finish(this.#leaveWith);
    else this.#finish(end.kind === "closed" ? this.#closed(end.code, end.reason) : end);
  }

  #closed(code: number, reason: string): ConnectionEnd {
    return {
      kind: "closed",
      code,
      reason: printable(reason),
      ageMs: this.#options.deps.clock.monotonic() - this.#openedAt,
      ...(this.#exit === undefined ? {} : { exit: this.#exit }),
      closeFrame: this.#closeFrame,
      killed: this.#killed,
      started: this.#started,
    };
  }

  #finish(end: ConnectionEnd): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#cancelTimer?.();
    this.#cancelPump?.();
    this.#keepalive?.stop();
    if (this.#ignored > 1) this.#options.deps.log.debug({ messages: this.#ignored }, "ignored messages");
    this.#resolve(end);
  }

  #setTimer(delayMs: number, callback: () => void): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.deps.clock.setTimeout(callback, delayMs);
  }
}
