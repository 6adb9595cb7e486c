// One WebSocket to the daemon: the token, then JSON-RPC in text messages, then, once attached, frames in binary ones.
/// <reference lib="dom" />
import { AgentdError, isErrorCode } from "../../../shared/errors.js";
import { encodeFrame, framePayload } from "../../../shared/frame.js";
import {
  type AttachParams,
  type AttachResult,
  type HelloResult,
  type MethodName,
  type Params,
  PROTOCOL_VERSION,
  type Result,
  type ShellEvent,
} from "../../../shared/rpc.js";
import type { Door, Scope } from "./door.js";

/** Close codes of the web server (docs/protocol.md). */
export const CloseCode = {
  Normal: 1000,
  Restart: 1012,
  /** There are too many sockets; the reason says whose. */
  TryLater: 1013,
  TokenEnded: 4001,
  Revoked: 4002,
  NoAnswer: 4900,
} as const;

const OPEN_LIMIT_MS = 8000;

/** The socket was closed before what was asked for happened. */
export class SocketClosed extends Error {
  readonly code: number;
  /** In the daemon's words; "" when it gave none. */
  readonly reason: string;

  constructor(code: number, reason = "") {
    super(`closed with ${code}`);
    this.code = code;
    this.reason = reason;
  }
}

interface PendingCall {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: { readonly code?: unknown };
  };
  readonly ok?: boolean;
  readonly scope?: Scope;
}

/** Invariant: after `closed` has resolved no callback is called any more, and no call is left without an answer. */
export class RpcSocket {
  readonly #socket: WebSocket;
  readonly #calls = new Map<number, PendingCall>();
  #lastId = 0;
  #admitted: PendingCall | undefined;
  #scope: Scope = { owner: false, readOnly: true };
  #hello: HelloResult | undefined;
  #resolveClosed: (code: number) => void = () => {};
  /** Frames that came before anybody listened. */
  #early: Uint8Array[] = [];
  #onFrame: ((channel: number, payload: Uint8Array) => void) | undefined;
  onEvent: (event: ShellEvent) => void = () => {};
  /** When something last arrived, `performance.now()`. */
  heardAt = 0;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.heardAt = performance.now();
      if (typeof data === "string") this.#handleText(data);
      else this.#handleFrame(new Uint8Array(data));
    };
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    socket.onclose = ({ code, reason }) => this.#finish(code, reason);
  }

  /** Open, admitted and greeted. @throws DoorClosed, SocketClosed, AgentdError */
  static async open(door: Door, client: string): Promise<RpcSocket> {
    const token = await door.provenToken();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new RpcSocket(new WebSocket(`${scheme}//${location.host}/ws`, "agentd.v1"));
    const timer = setTimeout(() => socket.close(CloseCode.NoAnswer), OPEN_LIMIT_MS);
    try {
      await socket.#admit(token);
      socket.#hello = await socket.call("hello", { protocol: PROTOCOL_VERSION, client });
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get scope(): Scope {
    return this.#scope;
  }

  get hello(): HelloResult | undefined {
    return this.#hello;
  }

  /** @throws AgentdError what the daemon answered; SocketClosed. */
  call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<unknown>((resolve, reject) => {
      if (this.#socket.readyState !== WebSocket.OPEN) return reject(new SocketClosed(CloseCode.NoAnswer));
      this.#calls.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    }) as Promise<Result<M>>;
  }

  /** From now on there are frames instead of calls; `listen` gets them in order, also those that are here already. */
  attach(params: AttachParams): Promise<AttachResult> {
    return this.call("shell.attach", params);
  }

  listen(onFrame: (channel: number, payload: Uint8Array) => void): void {
    this.#onFrame = onFrame;
    for (const frame of this.#early.splice(0)) onFrame(frame[0] ?? 0, framePayload(frame));
  }

  sendFrame(channel: number, payload: Uint8Array): void {
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(encodeFrame(channel, payload) as Uint8Array<ArrayBuffer>);
  }

  close(code: number = CloseCode.Normal): void {
    this.#socket.close(code);
    // Who does not answer will not answer that either.
    if (code === CloseCode.NoAnswer) this.#finish(code);
  }

  #finish(code: number, reason = ""): void {
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    const error = new SocketClosed(code, reason);
    this.#admitted?.reject(error);
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
    this.#resolveClosed(code);
  }

  #admit(token: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#admitted = { resolve, reject };
      this.#socket.onopen = () => this.#socket.send(JSON.stringify({ token }));
    });
  }

  #handleText(text: string): void {
    const message = readMessage(text);
    if (message === undefined) return;
    if (message.ok === true && this.#admitted !== undefined) {
      if (message.scope !== undefined) this.#scope = message.scope;
      this.#admitted.resolve(undefined);
      this.#admitted = undefined;
    } else if (message.method === "event") this.onEvent(message.params as ShellEvent);
    else if (message.id !== undefined) this.#settle(message.id, message);
  }

  #settle(id: number, { result, error }: Message): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error === undefined) call?.resolve(result);
    else {
      const code = error.data?.code;
      call?.reject(new AgentdError(isErrorCode(code) ? code : "internal", String(error.message)));
    }
  }

  #handleFrame(frame: Uint8Array): void {
    if (frame.length === 0) return;
    if (this.#onFrame === undefined) this.#early.push(frame);
    else this.#onFrame(frame[0] ?? 0, framePayload(frame));
  }
}

function readMessage(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}
