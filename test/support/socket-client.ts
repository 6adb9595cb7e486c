// A client of the daemon's socket that can also misbehave: raw bytes in, lines or packets out.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { encodePacket, PacketDecoder } from "../../shared/packet.js";

export interface Answer {
  readonly id: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: Record<string, unknown>;
  };
  readonly method?: string;
  readonly params?: unknown;
}

/** Closed when the test has ended. Received bytes are kept until they are asked for; every wait ends with the connection. */
export class SocketClient {
  readonly socket: Socket;
  readonly #decoder = new PacketDecoder();
  #received: Buffer = Buffer.alloc(0);
  #frames: Uint8Array[] = [];
  #ended = false;
  #wake: () => void = () => {};
  #lastId = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("error", () => {});
  }

  static async connect(path: string): Promise<SocketClient> {
    const socket = connect({ path, allowHalfOpen: true });
    const client = new SocketClient(socket);
    onTestFinished(() => client.close());
    await once(socket, "connect");
    return client;
  }

  /** Connects and says hello. */
  static async greeted(path: string): Promise<SocketClient> {
    const client = await SocketClient.connect(path);
    await client.call("hello", { protocol: 1, client: "test" });
    return client;
  }

  /** The request as a line, for tests that send several at once. */
  request(method: string, params: unknown = {}): string {
    return `${JSON.stringify({ jsonrpc: "2.0", id: ++this.#lastId, method, params })}\n`;
  }

  /** One call and its answer; throws the error's code when the call fails. */
  async call<T = Record<string, unknown>>(method: string, params: unknown = {}): Promise<T> {
    this.socket.write(this.request(method, params));
    const answer = await this.answer();
    if (answer.error !== undefined) throw new Error(String(answer.error.data?.code));
    return answer.result as T;
  }

  async answer(): Promise<Answer> {
    return JSON.parse(await this.line()) as Answer;
  }

  /** The next line, or what was left when the connection ended. */
  async line(): Promise<string> {
    await this.#until(() => this.#received.includes(0x0a));
    const end = this.#received.indexOf(0x0a);
    const line = this.#received.subarray(0, end === -1 ? this.#received.length : end).toString();
    this.#received = this.#received.subarray(end === -1 ? this.#received.length : end + 1);
    return line;
  }

  send(channel: number, payload: Uint8Array | string): void {
    this.socket.write(encodePacket(channel, typeof payload === "string" ? Buffer.from(payload) : payload));
  }

  /** The next frame of the packet stream, or undefined when the stream has ended. */
  async frame(): Promise<Uint8Array | undefined> {
    const decode = () => {
      this.#frames.push(...[...this.#decoder.push(this.#received)].map((frame) => frame.slice()));
      this.#received = Buffer.alloc(0);
      return this.#frames.length > 0;
    };
    await this.#until(decode);
    return this.#frames.shift();
  }

  /** Waits for the end of the connection and returns what nobody has read. */
  async rest(): Promise<string> {
    await this.#until(() => false);
    return this.#received.toString();
  }

  close(): void {
    this.socket.destroy();
  }

  async #until(ready: () => boolean): Promise<void> {
    while (!ready() && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
