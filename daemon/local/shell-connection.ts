// One WebSocket on a shell: frames in both directions, and every limit that the service puts on a connection.
import type { WebSocket } from "ws";
import { Channel, MAX_PAYLOAD_BYTES } from "../../shared/channel.js";
import { chunksOf, encodeFrame, framePayload } from "../../shared/frame.js";
import { clampSize, decodeResize, type Size } from "../../shared/size.js";
import { FrameRate } from "./frame-rate.js";
import type { Knobs } from "./knobs.js";

export interface ConnectionHandlers {
  onInput(bytes: Uint8Array): void;
  onResize(size: Size): void;
  /** The client's CLOSE frame: end the shell. */
  onKill(): void;
  /** Unsent output is above (true) or back under the mark; only with `slowReader: "wait"`. */
  onPressure(high: boolean): void;
  /** No more frames go in or out; the socket may still be closing. Once. */
  onDetach(): void;
  /** The socket is closed. `clean`: the other side answered or began the closing handshake. */
  onClosed(clean: boolean): void;
  onActivity(kind: "frames" | "pings"): void;
}

/** A reader that stands still for this long under `slowReader: "wait"` no longer holds the terminal up. */
const STALLED_MS = 30_000;

/**
 * Invariants: after `onDetach` nothing is delivered from or to this connection, even if its socket lives on for the
 * closing handshake; what was sent before a close leaves before it.
 */
export class ShellConnection {
  readonly #socket: WebSocket;
  readonly #knobs: Knobs;
  readonly #handlers: ConnectionHandlers;
  readonly #rate: FrameRate | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  #idle: NodeJS.Timeout | undefined;
  #stalled: NodeJS.Timeout | undefined;
  #outputBytes = 0;
  #textFrames = 0;
  #pressure = false;
  #detached = false;

  constructor(socket: WebSocket, knobs: Knobs, handlers: ConnectionHandlers) {
    this.#socket = socket;
    this.#knobs = knobs;
    this.#handlers = handlers;
    if (knobs.frameRateLimit !== null)
      this.#rate = new FrameRate(knobs.frameRateLimit, knobs.frameRateWindowMs);
    socket.on("message", (data, isBinary) => this.#handleMessage(data as Buffer, isBinary));
    socket.on("ping", () => this.#handlePing());
    socket.on("pong", () => this.#touch("pings"));
    // Protocol violations (too long, bad frame): ws closes with the right code by itself.
    socket.on("error", () => this.#detach());
    socket.on("close", (code) => {
      this.#detach();
      handlers.onClosed(code !== 1006);
    });
    this.#startTimers();
  }

  /** Output that was handed to the socket. */
  get outputBytes(): number {
    return this.#outputBytes;
  }

  get isDetached(): boolean {
    return this.#detached;
  }

  sendOutput(bytes: Uint8Array): void {
    for (const chunk of chunksOf(bytes, MAX_PAYLOAD_BYTES))
      if (this.#send(Channel.Stdout, chunk)) this.#outputBytes += chunk.length;
  }

  sendStatus(payload: Uint8Array): void {
    this.#send(Channel.Status, payload);
  }

  sendClose(): void {
    this.#send(Channel.Close, new Uint8Array());
  }

  /** Ends the attachment; 1006 cuts the socket without a close frame. */
  close(code: number, reason = ""): void {
    this.#detach();
    if (code === 1006) this.#socket.terminate();
    else this.#socket.close(code, reason);
  }

  /** Stops or goes on reading frames: the terminal takes input more slowly than the client sends it. */
  setReading(reading: boolean): void {
    if (reading) this.#socket.resume();
    else if (!this.#detached) this.#socket.pause();
  }

  #startTimers(): void {
    const { connectionTtlMs, serverPingMs } = this.#knobs;
    if (connectionTtlMs !== null) this.#timers.push(setTimeout(() => this.#expire(), connectionTtlMs));
    if (serverPingMs !== null) this.#timers.push(setInterval(() => this.#socket.ping(), serverPingMs));
    this.#restartIdle();
  }

  #expire(): void {
    if (this.#knobs.ttlSendsClose) this.sendClose();
    this.close(1008, this.#knobs.ttlReason);
  }

  #handleMessage(data: Buffer, isBinary: boolean): void {
    if (this.#detached) return;
    this.#touch("frames");
    if (!this.#admit()) return;
    if (!isBinary) this.#handleText();
    else this.#handleFrame(data);
  }

  #handleFrame(frame: Uint8Array): void {
    if (this.#knobs.binaryResetsTextCount) this.#textFrames = 0;
    const payload = framePayload(frame);
    switch (frame[0]) {
      case Channel.Stdin:
        this.#handlers.onInput(payload);
        break;
      case Channel.Resize:
        this.#handleResize(payload);
        break;
      case Channel.Heartbeat:
        this.#handleHeartbeat(payload);
        break;
      case Channel.Close:
        if (this.#knobs.clientClose === "kill") this.#handlers.onKill();
        break;
      default:
        if (this.#knobs.unknownFrame !== "ignore") this.close(Number(this.#knobs.unknownFrame));
    }
  }

  #handleText(): void {
    this.#textFrames++;
    if (this.#textFrames >= this.#knobs.textFrameLimit) this.close(1003, "text frames are not supported");
  }

  #handleResize(payload: Uint8Array): void {
    const size = decodeResize(payload);
    if (size !== undefined) this.#handlers.onResize(size);
    else if (this.#knobs.badResize === "close") this.close(1011, "invalid resize");
    else if (this.#knobs.badResize === "clamp") {
      const clamped = clampedResize(payload);
      if (clamped !== undefined) this.#handlers.onResize(clamped);
    }
  }

  #handleHeartbeat(payload: Uint8Array): void {
    if (this.#knobs.heartbeatEcho === "payload") this.#send(Channel.Heartbeat, payload);
    if (this.#knobs.heartbeatEcho === "empty") this.#send(Channel.Heartbeat, new Uint8Array());
  }

  #handlePing(): void {
    this.#touch("pings");
    if (this.#knobs.frameRateCountsPings && !this.#detached) this.#admit();
  }

  #admit(): boolean {
    if (this.#rate === undefined || this.#rate.admit(performance.now())) return true;
    this.close(1008, this.#knobs.frameRateReason);
    return false;
  }

  /** False: nothing was sent. The socket may be closing before we hear of it, and would swallow the frame. */
  #send(channel: number, payload: Uint8Array): boolean {
    if (this.#detached || this.#socket.readyState !== this.#socket.OPEN) return false;
    this.#handlers.onActivity("frames");
    this.#restartIdle();
    this.#socket.send(encodeFrame(channel, payload), () => this.#checkDrained());
    if (this.#knobs.frameRateDirection === "both" && !this.#admit()) return true;
    if (this.#socket.bufferedAmount > this.#knobs.writeBufferBytes) this.#handleFull();
    return true;
  }

  #handleFull(): void {
    if (this.#knobs.slowReader === "close") {
      this.close(1008, this.#knobs.slowReaderReason);
      return;
    }
    if (this.#pressure) return;
    this.#pressure = true;
    this.#handlers.onPressure(true);
    this.#stalled = setTimeout(() => this.close(1008, this.#knobs.slowReaderReason), STALLED_MS);
  }

  #checkDrained(): void {
    if (!this.#pressure || this.#socket.bufferedAmount > this.#knobs.writeBufferBytes / 4) return;
    this.#pressure = false;
    clearTimeout(this.#stalled);
    if (!this.#detached) this.#handlers.onPressure(false);
  }

  #touch(kind: "frames" | "pings"): void {
    this.#handlers.onActivity(kind);
    this.#restartIdle();
  }

  #restartIdle(): void {
    const { idleCloseMs, idleCloseCode } = this.#knobs;
    if (idleCloseMs === null || this.#detached) return;
    if (this.#idle === undefined) this.#idle = setTimeout(() => this.close(idleCloseCode), idleCloseMs);
    else this.#idle.refresh();
  }

  #detach(): void {
    if (this.#detached) return;
    this.#detached = true;
    // A socket that is not read could never finish its closing handshake.
    this.#socket.resume();
    for (const timer of [...this.#timers, this.#idle, this.#stalled]) clearTimeout(timer);
    this.#handlers.onDetach();
  }
}

function clampedResize(payload: Uint8Array): Size | undefined {
  try {
    const { width, height } = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
    return typeof width === "number" && typeof height === "number" ? clampSize(width, height) : undefined;
  } catch {
    return undefined;
  }
}
