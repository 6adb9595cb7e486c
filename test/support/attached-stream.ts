// A raw client of the daemon that judges what it sees: frames into the oracle, notices with the place at which they came.
import { Channel } from "../../shared/channel.js";
import { decodeNotice, type Notice } from "../../shared/notice.js";
import type { AttachResult } from "../../shared/rpc.js";
import { decodeSnapshotPart } from "../../shared/snapshot.js";
import { SocketClient } from "./socket-client.js";
import { EchoFilter, StreamOracle } from "./stream-oracle.js";

export interface SeenNotice {
  readonly notice: Notice;
  /** Output bytes before it. */
  readonly at: number;
  readonly atMs: number;
}

export interface AttachedStreamOptions {
  readonly socket: string;
  readonly name: string;
  /** Goes on with what another attachment has shown. */
  readonly resume?: { readonly epoch: string; readonly offset: number };
  readonly oracle?: StreamOracle;
  onEcho?(text: string): void;
}

export class AttachedStream {
  readonly result: AttachResult;
  readonly oracle: StreamOracle;
  readonly notices: SeenNotice[] = [];
  /** Drawings after the first, which every attachment that does not resume begins with. */
  redraws = 0;
  epoch: string;
  /** Absolute, as a client counts it. */
  offset: number;
  /** Where the stream of this attachment began. */
  firstOffset: number;
  readonly ended: Promise<void>;
  isOver = false;
  readonly #client: SocketClient;
  readonly #echoes: EchoFilter | undefined;
  #expectsDrawing: boolean;
  readonly #watchers = new Set<() => void>();

  private constructor(client: SocketClient, result: AttachResult, options: AttachedStreamOptions) {
    this.#client = client;
    this.result = result;
    this.oracle = options.oracle ?? new StreamOracle();
    this.epoch = result.epoch;
    this.offset = result.offset;
    this.firstOffset = result.offset;
    this.#expectsDrawing = !result.resumed;
    if (options.onEcho !== undefined) this.#echoes = new EchoFilter(options.onEcho);
    this.ended = this.#read();
  }

  static async attach(options: AttachedStreamOptions): Promise<AttachedStream> {
    const { socket, name, resume } = options;
    const client = await SocketClient.greeted(socket);
    const params = { name, cols: 80, rows: 24, terminal: false, ...(resume === undefined ? {} : { resume }) };
    return new AttachedStream(
      client,
      await client.call<AttachResult & Record<string, unknown>>("shell.attach", params),
      options,
    );
  }

  type(text: string): void {
    this.#client.send(Channel.Stdin, text);
  }

  close(): void {
    this.#client.close();
  }

  notice<K extends Notice["kind"]>(kind: K): Extract<Notice, { kind: K }>[] {
    return this.notices.flatMap(({ notice }) =>
      notice.kind === kind ? [notice as Extract<Notice, { kind: K }>] : [],
    );
  }

  /** Resolves with the first frame after which `probe` holds; fails after `timeoutMs`, or when the stream ends first. */
  when(what: string, probe: () => boolean, timeoutMs = 15_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        settle();
      };
      const fail = (why: string) => {
        const { furthest, bytes } = this.oracle;
        const seen = this.notices.slice(-4).map(({ notice }) => JSON.stringify(notice));
        finish(() =>
          reject(new Error(`${why}: ${what} · position ${furthest}, ${bytes} bytes, ${seen.join(" ")}`)),
        );
      };
      const check = () => {
        if (probe()) finish(resolve);
        else if (this.isOver) fail("the stream ended before");
      };
      const timer = setTimeout(() => fail(`not within ${timeoutMs} ms`), timeoutMs);
      this.#watchers.add(check);
      check();
    });
  }

  /** Resolves with the next output that nobody has seen before. */
  async newBytes(what: string, timeoutMs?: number): Promise<void> {
    const { furthest } = this.oracle;
    await this.when(what, () => this.oracle.furthest > furthest, timeoutMs);
  }

  async #read(): Promise<void> {
    for (;;) {
      const frame = await this.#client.frame();
      if (frame === undefined) break;
      this.#handle(frame[0]!, frame.subarray(1));
      for (const check of [...this.#watchers]) check();
    }
    this.isOver = true;
    for (const check of [...this.#watchers]) check();
  }

  #handle(channel: number, payload: Uint8Array): void {
    switch (channel) {
      case Channel.Stdout:
        this.offset += payload.length;
        this.oracle.push(this.#echoes?.push(payload) ?? payload);
        break;
      case Channel.Snapshot: {
        const header = decodeSnapshotPart(payload)?.header;
        if (header === undefined) break;
        this.epoch = header.epoch;
        this.offset = header.offset;
        if (this.#expectsDrawing) this.firstOffset = header.offset;
        else this.redraws += 1;
        this.#expectsDrawing = false;
        break;
      }
      case Channel.Notice: {
        const notice = decodeNotice(payload);
        if (notice === undefined) break;
        if (notice.kind === "position") this.offset = notice.offset;
        if (notice.kind === "lost" || notice.kind === "back") this.oracle.mark();
        this.notices.push({ notice, at: this.oracle.bytes, atMs: performance.now() });
        break;
      }
    }
  }
}
