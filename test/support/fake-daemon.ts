// A scripted peer for the client's protocol edge cases: cut lines, bytes behind the answer, notices, a sudden end. Not a daemon.
import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { encodePacket, PacketDecoder } from "../../shared/packet.js";
import type { AttachResult, ShellInfo } from "../../shared/rpc.js";

export const EPOCH = "0f8fad5b-d9cb-469f-a165-70867728950e";

export const SHELL: ShellInfo = {
  name: "work",
  kind: "local",
  state: "live",
  runtimeSessionId: "r".repeat(36),
  shellId: "s1",
  attached: [],
  clients: 1,
  cols: 80,
  rows: 24,
  labels: {},
  createdAt: "2026-01-01T00:00:00.000Z",
  bytesLost: 0,
  pid: 4242,
};

export const ATTACHED: AttachResult = { shell: SHELL, epoch: EPOCH, offset: 0, resumed: false };

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** One client, seen from the other side. */
export class FakePeer {
  readonly socket: Socket;
  /** Frames that the client sent after its attach. */
  readonly frames: Uint8Array[] = [];
  readonly #decoder = new PacketDecoder();
  #text = "";
  #packets = false;

  constructor(socket: Socket, onCall: (call: Call, peer: FakePeer) => void, onFrame: () => void) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      if (this.#packets) {
        for (const frame of this.#decoder.push(chunk)) this.frames.push(frame.slice());
        onFrame();
        return;
      }
      this.#text += chunk.toString();
      for (let end = this.#text.indexOf("\n"); end !== -1; end = this.#text.indexOf("\n")) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        onCall(JSON.parse(line) as Call, this);
      }
    });
  }

  answer(call: Call, result: unknown): void {
    this.socket.write(answerLine(call, result));
  }

  fail(call: Call, code: string, message: string): void {
    const error = { code: -32000, message, data: { code } };
    this.socket.write(`${JSON.stringify({ jsonrpc: "2.0", id: call.id, error })}\n`);
  }

  /** From now on what comes in is packets. */
  attach(): void {
    this.#packets = true;
  }

  send(channel: number, payload: Uint8Array | string): void {
    this.socket.write(encodePacket(channel, typeof payload === "string" ? Buffer.from(payload) : payload));
  }
}

export function answerLine(call: { readonly id: number }, result: unknown): string {
  return `${JSON.stringify({ jsonrpc: "2.0", id: call.id, result })}\n`;
}

type Script = Readonly<Record<string, (call: Call, peer: FakePeer) => void>>;

/** Listens on `path`; `hello` is answered, everything else is up to the script. */
export class FakeDaemon {
  readonly peers: FakePeer[] = [];
  readonly calls: Call[] = [];
  readonly #path: string;
  readonly #script: Script;
  #server: Server | undefined;
  #waiting: (() => void)[] = [];

  constructor(path: string, script: Script) {
    this.#path = path;
    this.#script = script;
  }

  listen(): Promise<void> {
    const server = createServer((socket) => {
      this.peers.push(
        new FakePeer(
          socket,
          (call, peer) => this.#handleCall(call, peer),
          () => this.#wake(),
        ),
      );
      this.#wake();
    });
    this.#server = server;
    return new Promise((resolve) => server.listen(this.#path, resolve));
  }

  /** Resolves as soon as `condition` gives a value; asked again after every event. */
  async until<T>(condition: () => T | undefined | false): Promise<T> {
    for (;;) {
      const value = condition();
      if (value !== undefined && value !== false) return value;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The end of a process: the socket file goes, and every connection with it. */
  async stop(): Promise<void> {
    for (const { socket } of this.peers) socket.destroy();
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)));
    rmSync(this.#path, { force: true });
  }

  #handleCall(call: Call, peer: FakePeer): void {
    this.calls.push(call);
    const step = this.#script[call.method];
    if (step !== undefined) step(call, peer);
    else if (call.method === "hello") {
      peer.answer(call, { protocol: 1, version: "0.1.0", pid: process.pid, client: { prefix: "C-]" } });
    } else peer.fail(call, "method_not_found", `no method ${call.method}`);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
