// HTTP and WebSocket by hand over a socket: requests that no library would send.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface RawAnswer {
  /** 0: the connection ended without an answer. */
  readonly status: number;
  /** Lower case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Where = { readonly port: number; readonly host?: string } | { readonly path: string };

/** The bytes of a request; `lines` are headers as they are to be sent. */
export function requestBytes(method: string, target: string, lines: readonly string[], body = ""): string {
  const length = body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return `${[`${method} ${target} HTTP/1.1`, ...lines, ...length].join("\r\n")}\r\n\r\n${body}`;
}

export const upgradeLines = (protocol = "agentd.v1"): string[] => [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
  `Sec-WebSocket-Protocol: ${protocol}`,
];

/** One connection; closed when the test has ended. */
export class RawConnection {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    for (const event of ["end", "close"] as const) {
      socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
    socket.on("error", () => {});
  }

  static async open(where: Where): Promise<RawConnection> {
    const socket = connect("path" in where ? { path: where.path } : { host: "127.0.0.1", ...where });
    const connection = new RawConnection(socket);
    onTestFinished(() => connection.close());
    await once(socket, "connect");
    return connection;
  }

  /** Sends a request and reads its answer. */
  async ask(bytes: string): Promise<RawAnswer> {
    this.socket.write(bytes, "latin1");
    return this.answer();
  }

  async answer(): Promise<RawAnswer> {
    await this.#until(() => this.#received.includes("\r\n\r\n"));
    const end = this.#received.indexOf("\r\n\r\n");
    if (end === -1) return { status: 0, headers: {}, body: "" };
    const [first = "", ...lines] = this.#received.subarray(0, end).toString("latin1").split("\r\n");
    this.#received = this.#received.subarray(end + 4);
    const headers = Object.fromEntries(
      lines.map((line) => [
        line.slice(0, line.indexOf(":")).toLowerCase(),
        line.slice(line.indexOf(":") + 2),
      ]),
    );
    const length = Number(headers["content-length"] ?? 0);
    await this.#until(() => this.#received.length >= length);
    const body = this.#received.subarray(0, length).toString();
    this.#received = this.#received.subarray(length);
    return { status: Number(first.split(" ")[1]), headers, body };
  }

  /** Sends a WebSocket frame; `flags` is the first byte, such as 0x81 for a whole text message. */
  frame(flags: number, payload: Uint8Array | string, options: { masked?: boolean } = {}): void {
    const bytes = Buffer.from(payload as Uint8Array);
    const masked = options.masked ?? true;
    const header = Buffer.alloc(4);
    header[0] = flags;
    header[1] = (masked ? 0x80 : 0) | (bytes.length < 126 ? bytes.length : 126);
    header.writeUInt16BE(bytes.length & 0xffff, 2);
    const short = bytes.length < 126 ? header.subarray(0, 2) : header;
    const head = bytes.length > 0xffff ? longHeader(flags, masked, bytes.length) : short;
    // A mask of zeros leaves the payload as it is.
    this.socket.write(Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), bytes]));
  }

  text(value: unknown): void {
    this.frame(0x81, typeof value === "string" ? value : JSON.stringify(value));
  }

  /** The next message of the server: its opcode and payload; undefined at the end. */
  async message(): Promise<{ opcode: number; payload: Buffer } | undefined> {
    const size = () => {
      if (this.#received.length < 2) return undefined;
      const short = this.#received[1]! & 0x7f;
      const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
      if (this.#received.length < 2 + extra) return undefined;
      const length =
        extra === 0
          ? short
          : extra === 2
            ? this.#received.readUInt16BE(2)
            : Number(this.#received.readBigUInt64BE(2));
      return this.#received.length < 2 + extra + length ? undefined : { start: 2 + extra, length };
    };
    await this.#until(() => size() !== undefined);
    const found = size();
    if (found === undefined) return undefined;
    const opcode = this.#received[0]! & 0x0f;
    const payload = this.#received.subarray(found.start, found.start + found.length);
    this.#received = this.#received.subarray(found.start + found.length);
    return { opcode, payload };
  }

  /** The next text message, as JSON. */
  async json<T = Record<string, unknown>>(): Promise<T> {
    const message = await this.message();
    if (message?.opcode !== 1) throw new Error(`no text message but ${message?.opcode ?? "the end"}`);
    return JSON.parse(message.payload.toString()) as T;
  }

  /** The code with which the server closes, after whatever comes before; 1005: it gave none, 1006: without a close frame. */
  async closeCode(): Promise<number> {
    for (;;) {
      const message = await this.message();
      if (message === undefined) return 1006;
      if (message.opcode === 8) return message.payload.length < 2 ? 1005 : message.payload.readUInt16BE(0);
    }
  }

  /** Resolves when the other side has ended the connection. */
  async ended(): Promise<void> {
    await this.#until(() => false);
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

function longHeader(flags: number, masked: boolean, length: number): Buffer {
  const header = Buffer.alloc(10);
  header[0] = flags;
  header[1] = (masked ? 0x80 : 0) | 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
