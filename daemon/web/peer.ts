// One WebSocket of a page: a token first, then calls as text, and frames as binary after `shell.attach`.
import type { RawData, WebSocket } from "ws";
import { Channel } from "../../shared/channel.js";
import { AgentdError } from "../../shared/errors.js";
import { framePayload } from "../../shared/frame.js";
import { printable } from "../../shared/names.js";
import type { ScreenFrame, ShellEvent } from "../../shared/rpc.js";
import { Calls } from "../server/calls.js";
import type { Call, Connection, PacketReceiver } from "../server/connection.js";
import type { Request } from "../server/request.js";
import type { RpcServer } from "../server/rpc-server.js";
import type { ServerLog } from "../server/server-log.js";
import type { ClientSink } from "../shell/clients/client-host.js";
import { WebClose } from "./close.js";
import { WebFlow } from "./flow.js";
import { WEB_LIMITS } from "./limits.js";
import { scopeOf, type WebPass } from "./pass.js";
import { frameFor, noticeFor, sees } from "./sight.js";
import { tokenOf } from "./token.js";

/** On their way: above this calls wait, and whoever streams events is cut off. */
const MAX_QUEUED_BYTES = 1024 * 1024;
/** What is kept of a page that sends more than may go on: typing that waits, or what came behind an attach. */
const MAX_WAITING_BYTES = 256 * 1024;

type Phase =
  | { readonly kind: "stranger" }
  | { readonly kind: "calls" }
  /** An attach is being answered. */
  | { readonly kind: "attaching" }
  | { readonly kind: "frames"; readonly receiver: PacketReceiver }
  | { readonly kind: "ended" };

interface Message {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
}

export interface WebPeerOptions {
  readonly socket: WebSocket;
  readonly log: ServerLog;
  readonly version: string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly tokenMs?: number;
  /** Checks a token and makes room. Undefined: it opens nothing. @throws AgentdError `too_busy`. */
  open(token: unknown): { readonly pass: WebPass; readonly rpc: RpcServer<Call> } | undefined;
  /** With which a shell's stream ends: 1000, or why the daemon does. */
  endCode(): number;
  /** What a call from a page means. */
  complete(request: Request): Request;
}

/**
 * Invariants: nothing is done for a socket that has not shown a token; frames go nowhere but to the shell that was attached, and
 * a read-only page's typing not even there; the receiver learns once that its page is gone.
 */
export class WebPeer implements Connection {
  readonly sink: ClientSink;
  program = "";
  readonly #options: WebPeerOptions;
  readonly #socket: WebSocket;
  readonly #flow = new WebFlow();
  readonly #closeCallbacks: (() => void)[] = [];
  readonly #tokenTimer: NodeJS.Timeout;
  #calls: Calls | undefined;
  #pass: WebPass | undefined;
  #log: ServerLog;
  #phase: Phase = { kind: "stranger" };
  #waiting: Message[] = [];
  #waitingBytes = 0;
  #inputPaused = false;
  #closed = false;

  constructor(options: WebPeerOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.#log = options.log;
    this.sink = this.#makeSink();
    this.#tokenTimer = setTimeout(
      () => this.close(WebClose.Abuse, "no token in time"),
      options.tokenMs ?? WEB_LIMITS.tokenMs,
    );
    this.#socket.on("message", (data: RawData, isBinary: boolean) =>
      this.#handleMessage({ bytes: data as Buffer, isBinary }),
    );
    // ws has said which code it is by then.
    this.#socket.on("error", (error) => {
      this.#log.debug({ err: error }, "page sent what is no message");
      this.close(WebClose.Abuse, "no message");
    });
    this.#socket.on("close", () => this.#handleClose());
  }

  /** What it may; undefined before it has shown its token. */
  get pass(): WebPass | undefined {
    return this.#pass;
  }

  /** It was told to go. */
  get isEnded(): boolean {
    return this.#phase.kind === "ended";
  }

  greet(protocol: number, client: string): void {
    this.#calls?.greeting.accept(protocol);
    this.#log = this.#log.child({ client: printable(client, 60) });
    // Whoever looks who is attached is not told by the holder of a link what that is.
    this.program = this.#pass?.kind === "owner" ? client : "browser, by a link";
  }

  becomeStream(receiver: PacketReceiver): void {
    if (this.#closed || this.#phase.kind !== "attaching") {
      receiver.closed();
      return;
    }
    this.#phase = { kind: "frames", receiver };
    receiver.start();
    this.#readWaiting();
  }

  notify(params: ShellEvent | ScreenFrame, method = "event"): void {
    if (this.#pass === undefined || !sees(this.#pass, params)) return;
    if (this.#socket.bufferedAmount > MAX_QUEUED_BYTES) {
      this.#log.warn({ queuedBytes: this.#socket.bufferedAmount }, "page does not read its events");
      this.#socket.terminate();
      return;
    }
    this.#send(JSON.stringify({ jsonrpc: "2.0", method, params: noticeFor(this.#pass, params) }));
  }

  onClose(callback: () => void): void {
    if (this.#closed) callback();
    else this.#closeCallbacks.push(callback);
  }

  /** Ends the connection after what was sent, which it has `deadlineMs` to read. */
  close(code: number, reason: string, deadlineMs: number = WEB_LIMITS.cutMs): void {
    if (this.#phase.kind === "ended") return;
    const phase = this.#phase;
    this.#phase = { kind: "ended" };
    clearTimeout(this.#tokenTimer);
    this.#waiting = [];
    this.#socket.resume();
    this.#socket.close(code, reason);
    const deadline = setTimeout(() => this.#socket.terminate(), deadlineMs);
    this.#socket.once("close", () => clearTimeout(deadline));
    if (phase.kind === "frames") phase.receiver.closed();
  }

  /** Ends the connection now. */
  destroy(): void {
    this.#socket.terminate();
  }

  /** Resolves when the connection is gone. */
  gone(): Promise<void> {
    return new Promise((resolve) => this.onClose(resolve));
  }

  #handleMessage(message: Message): void {
    const { bytes, isBinary } = message;
    switch (this.#phase.kind) {
      case "stranger":
        if (isBinary) this.close(WebClose.Abuse, "no token");
        else this.#readToken(bytes);
        break;
      case "calls":
        if (isBinary) this.close(WebClose.Abuse, "frames come after shell.attach");
        else this.#readCall(bytes);
        break;
      case "attaching":
        this.#wait(message);
        break;
      case "frames":
        if (!isBinary) this.close(WebClose.Abuse, "this socket carries frames");
        else if (this.#inputPaused && bytes[0] !== Channel.Ack) this.#wait(message);
        else this.#readFrame(bytes, this.#phase.receiver);
        break;
      case "ended":
        break;
    }
  }

  #readToken(json: Uint8Array): void {
    clearTimeout(this.#tokenTimer);
    let opened: ReturnType<WebPeerOptions["open"]>;
    try {
      opened = this.#options.open(tokenOf(json));
    } catch (error) {
      this.close(WebClose.TryLater, AgentdError.from(error).message);
      return;
    }
    if (opened === undefined) {
      this.close(WebClose.Ended, "this link has ended");
      return;
    }
    this.#pass = opened.pass;
    this.#phase = { kind: "calls" };
    this.#calls = new Calls({
      rpc: opened.rpc,
      connection: this,
      now: this.#options.now,
      log: () => this.#log,
      write: (line) => this.#send(line.trimEnd()),
      onAttach: () => {
        this.#phase = { kind: "attaching" };
      },
      onAnswered: () => this.#handleAnswered(),
      onHopeless: () => this.close(WebClose.Abuse, "too many refused calls"),
      admit: (request) => this.#options.complete(request),
    });
    this.#send(JSON.stringify({ ok: true, scope: scopeOf(opened.pass), version: this.#options.version }));
  }

  #readCall(json: Uint8Array): void {
    this.#calls?.handle(json);
    // Answers that are not read: no more calls are.
    if (this.#socket.bufferedAmount > MAX_QUEUED_BYTES) this.#socket.pause();
  }

  #handleAnswered(): void {
    if (this.#phase.kind !== "attaching" || this.#calls?.pending !== 0) return;
    this.#phase = { kind: "calls" };
    this.#readWaiting();
  }

  #readFrame(frame: Uint8Array, receiver: PacketReceiver): void {
    if (frame.length === 0) this.close(WebClose.Abuse, "a frame has a channel");
    else if (frame[0] === Channel.Ack) this.#flow.acknowledged(framePayload(frame));
    // Kept by the shell as well; here it does not depend on anything that the page asked for.
    else if (frame[0] !== Channel.Stdin || this.#pass?.readOnly === false) receiver.handleFrame(frame);
  }

  #wait(message: Message): void {
    this.#waiting.push(message);
    this.#waitingBytes += message.bytes.length + 1;
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.#socket.pause();
  }

  #readWaiting(): void {
    while (this.#waiting.length > 0) {
      const kind = this.#phase.kind;
      if (kind === "attaching" || kind === "ended" || (kind === "frames" && this.#inputPaused)) return;
      const message = this.#waiting.shift() as Message;
      this.#waitingBytes -= message.bytes.length + 1;
      this.#handleMessage(message);
    }
    if (this.#socket.isPaused) this.#socket.resume();
  }

  #send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(text, { binary: false }, () => {
      if (this.#phase.kind === "calls" && this.#socket.isPaused) this.#socket.resume();
    });
  }

  #handleClose(): void {
    this.#closed = true;
    const phase = this.#phase;
    this.#phase = { kind: "ended" };
    clearTimeout(this.#tokenTimer);
    this.#waiting = [];
    if (phase.kind === "frames") phase.receiver.closed();
    for (const callback of this.#closeCallbacks.splice(0)) callback();
  }

  #makeSink(): ClientSink {
    const socket = this.#socket;
    const flow = this.#flow;
    // Before, whatever waits is text.
    const isStream = () => this.#phase.kind === "frames" || this.#phase.kind === "attaching";
    return {
      send: (whole) => {
        if (socket.readyState !== socket.OPEN) return;
        const frame = frameFor(this.#pass, whole);
        flow.sent(frame);
        socket.send(frame, { binary: true }, () => flow.written(frame));
      },
      get queuedBytes() {
        return isStream() ? flow.queuedBytes : socket.bufferedAmount;
      },
      onDrain: (callback) => flow.onDrain(callback),
      end: () => this.close(this.#options.endCode(), "", WEB_LIMITS.endMs),
      pauseInput: () => {
        this.#inputPaused = true;
      },
      resumeInput: () => {
        this.#inputPaused = false;
        this.#readWaiting();
      },
    };
  }
}
