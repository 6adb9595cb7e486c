// A WebSocket server that does what a test tells it: any refusal, any frames, any close, in either published dialect.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { Channel } from "../../shared/channel.js";
import { encodeFrame, encodeTextFrame, framePayload } from "../../shared/frame.js";
import { encodeConfirmation, encodeTermination, type ShellExit } from "../../shared/status.js";

export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What happens to one upgrade, in the order they come; the last step repeats. */
export type Step =
  | { readonly refuse: Refusal }
  /** Close the TCP connection without an answer. */
  | { readonly hangUp: true }
  /** Never answer. */
  | { readonly silent: true }
  | {
      /** Headers of the 101. */
      readonly headers?: Readonly<Record<string, string>>;
      readonly accept: (connection: ScriptConnection) => void;
    };

/** The server's end of one WebSocket. */
export class ScriptConnection {
  readonly request: IncomingMessage;
  readonly socket: WebSocket;
  /** Every frame that came from the client, in order. */
  readonly received: Uint8Array[] = [];
  readonly closed: Promise<number>;
  #waiters: (() => void)[] = [];

  constructor(request: IncomingMessage, socket: WebSocket) {
    this.request = request;
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      this.received.push(new Uint8Array(data));
      for (const waiter of this.#waiters.splice(0)) waiter();
    });
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => socket.on("close", (code) => resolve(code)));
  }

  /** All STDIN bytes so far, as Latin-1. */
  get input(): string {
    const frames = this.received.filter((frame) => frame[0] === Channel.Stdin);
    return Buffer.concat(frames.map(framePayload)).toString("latin1");
  }

  /** Resolves as soon as `condition` holds, looking after each frame. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  stdout(text: string): void {
    this.socket.send(encodeTextFrame(Channel.Stdout, text));
  }

  confirm(reconnected: boolean, bytesDropped = 0): void {
    const shellId = new URL(this.request.url ?? "", "http://x").searchParams.get("shellId") ?? "";
    this.socket.send(encodeFrame(Channel.Status, encodeConfirmation(shellId, reconnected, bytesDropped)));
  }

  terminate(exit: ShellExit): void {
    this.socket.send(encodeFrame(Channel.Status, encodeTermination(exit)));
  }

  frame(channel: number, payload: Uint8Array = new Uint8Array()): void {
    this.socket.send(encodeFrame(channel, payload));
  }

  close(code?: number, reason?: string): void {
    this.socket.close(code, reason);
  }

  /** Ends the TCP connection without a close frame: the client sees 1006. */
  drop(): void {
    this.socket.terminate();
  }
}

export class ScriptServer {
  readonly requests: IncomingMessage[] = [];
  readonly connections: ScriptConnection[] = [];
  readonly #http: Server;
  readonly #sockets = new Set<Duplex>();
  readonly #steps: Step[];
  #waiters: (() => void)[] = [];

  private constructor(steps: Step[]) {
    this.#steps = steps;
    this.#http = createServer((_request, response) => response.writeHead(426).end());
    this.#http.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#http.on("upgrade", (request, socket, head) => this.#handleUpgrade(request, socket, head));
  }

  /** Listens on a free loopback port, or on a Unix socket. */
  static async listen(steps: Step[], unixPath?: string): Promise<ScriptServer> {
    const server = new ScriptServer(steps);
    await new Promise<void>((resolve) => {
      if (unixPath === undefined) server.#http.listen(0, "127.0.0.1", resolve);
      else server.#http.listen(unixPath, resolve);
    });
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** The n-th accepted connection, from 1. */
  async connection(n: number): Promise<ScriptConnection> {
    while (this.connections.length < n) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    return this.connections[n - 1]!;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const step = this.#steps[Math.min(this.requests.length, this.#steps.length - 1)]!;
    this.requests.push(request);
    socket.on("error", () => {});
    if ("silent" in step) return;
    if ("hangUp" in step) {
      socket.destroy();
      return;
    }
    if ("refuse" in step) {
      socket.end(refusalText(step.refuse));
      return;
    }
    const upgrader = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    upgrader.on("headers", (lines) => {
      for (const [name, value] of Object.entries(step.headers ?? {})) lines.push(`${name}: ${value}`);
    });
    upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new ScriptConnection(request, webSocket);
      this.connections.push(connection);
      step.accept(connection);
      for (const waiter of this.#waiters.splice(0)) waiter();
    });
  }
}

function refusalText({ status, headers = {}, body = "" }: Refusal): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = Buffer.byteLength(body);
  return `HTTP/1.1 ${status} Refused\r\n${lines.join("")}content-length: ${length}\r\nconnection: close\r\n\r\n${body}`;
}
