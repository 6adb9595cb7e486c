// A network without sockets: each connection that the code under test opens is handed to the test.
import type {
  OpenSocket,
  Socket,
  SocketEnd,
  SocketHandlers,
  SocketRequest,
} from "../../daemon/upstream/socket.js";
import { encodeFrame } from "../../shared/frame.js";

/** One connection, seen from the far end. */
export class ScriptedSocket implements Socket {
  readonly request: SocketRequest;
  readonly sent: Uint8Array[] = [];
  pings = 0;
  bufferedBytes = 0;
  closedWith: number | undefined;
  terminated = false;
  paused = false;
  readonly #handlers: SocketHandlers;
  #lastPing = 0;

  constructor(request: SocketRequest, handlers: SocketHandlers) {
    this.request = request;
    this.#handlers = handlers;
  }

  send(message: Uint8Array, onWritten: () => void): void {
    this.sent.push(message);
    queueMicrotask(onWritten);
  }
  ping(id: number): void {
    this.pings += 1;
    this.#lastPing = id;
  }
  close(code: number): void {
    this.closedWith = code;
  }
  terminate(): void {
    this.terminated = true;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }

  open(headers: Readonly<Record<string, string>> = {}): void {
    this.#handlers.onOpen(headers);
  }
  message(channel: number, payload: Uint8Array = new Uint8Array()): void {
    this.#handlers.onMessage(encodeFrame(channel, payload), true);
  }
  text(text: string): void {
    this.#handlers.onMessage(new TextEncoder().encode(text), false);
  }
  /** Answers the newest ping. */
  pong(): void {
    this.#handlers.onPong(this.#lastPing);
  }
  end(end: SocketEnd): void {
    this.#handlers.onEnd(end);
  }
  closed(code: number, reason = ""): void {
    this.#handlers.onEnd({ kind: "closed", code, reason });
  }
}

export class ScriptedNetwork {
  readonly sockets: ScriptedSocket[] = [];

  readonly openSocket: OpenSocket = (request, handlers) => {
    const socket = new ScriptedSocket(request, handlers);
    this.sockets.push(socket);
    return socket;
  };

  get last(): ScriptedSocket {
    return this.sockets.at(-1)!;
  }
}
