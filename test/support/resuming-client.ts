// A client that stays attached over the deaths of daemons: it comes back with what it has and counts every byte.
import { Channel } from "../../shared/channel.js";
import { decodeNotice } from "../../shared/notice.js";
import type { AttachResult } from "../../shared/rpc.js";
import { SocketClient } from "./socket-client.js";

/** Reads the stream of a shell that prints `line-1`, `line-2`, ... and knows what must come next. */
export class ResumingClient {
  readonly #path: string;
  readonly #name: string;
  /** What is wrong, in words. */
  readonly violations: string[] = [];
  resumptions = 0;
  /** The number of the last line. */
  lines = 0;
  bytes = 0;
  #first = 0;
  #client: SocketClient | undefined;
  #reading: Promise<void> = Promise.resolve();
  #epoch: string | undefined;
  #offset = 0;
  #rest = "";
  #waiters: (() => void)[] = [];

  constructor(path: string, name: string) {
    this.#path = path;
    this.#name = name;
  }

  /** Attaches, or attaches again after the end of the stream. */
  async attach(): Promise<void> {
    await this.#reading;
    const client = await SocketClient.greeted(this.#path);
    const resume = this.#epoch === undefined ? {} : { resume: { epoch: this.#epoch, offset: this.#offset } };
    // No terminal: a change of size by others brings it no drawing.
    const size = { cols: 80, rows: 24, terminal: false };
    const attached = await client.call<AttachResult>("shell.attach", {
      name: this.#name,
      ...size,
      ...resume,
    });
    if (this.#epoch !== undefined) {
      this.resumptions += 1;
      if (!attached.resumed || attached.offset !== this.#offset || attached.epoch !== this.#epoch)
        this.violations.push(
          `attached at ${attached.epoch} ${attached.offset} (resumed: ${attached.resumed}), not at ${this.#epoch} ${this.#offset}`,
        );
    }
    this.#epoch = attached.epoch;
    this.#offset = attached.offset;
    this.#client = client;
    this.#reading = this.#read(client);
  }

  /** Resolves when `count` more lines have come; throws when the stream ends before. */
  async more(count: number): Promise<void> {
    const wanted = this.lines + count;
    let ended = false;
    void this.#reading.then(() => {
      ended = true;
      this.#wake();
    });
    while (this.lines < wanted) {
      if (ended) throw new Error(`the stream ended at line ${this.lines} · ${this.violations.join(" · ")}`);
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** How many lines were checked. */
  get checked(): number {
    return this.lines - this.#first;
  }

  type(text: string): void {
    this.#client?.send(Channel.Stdin, text);
  }

  close(): void {
    this.#client?.close();
  }

  async #read(client: SocketClient): Promise<void> {
    for (let frame = await client.frame(); frame !== undefined; frame = await client.frame()) {
      const payload = frame.subarray(1);
      if (frame[0] === Channel.Stdout) this.#handleOutput(payload);
      if (frame[0] === Channel.Snapshot && this.lines > 0) this.violations.push("drawn instead of resumed");
      const notice = frame[0] === Channel.Notice ? decodeNotice(payload) : undefined;
      if (notice?.kind === "skipped" || (notice?.kind === "back" && notice.bytesLost > 0))
        this.violations.push(`told of a loss: ${JSON.stringify(notice)}`);
    }
  }

  #handleOutput(payload: Uint8Array): void {
    this.#offset += payload.length;
    this.bytes += payload.length;
    this.#rest += Buffer.from(payload).toString("latin1");
    const lines = this.#rest.split("\r\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const number = Number(/^line-(\d+)$/.exec(line)?.[1]);
      // The first drawing holds what was printed before: counting begins with the first whole line of the stream.
      if (this.lines === 0) {
        this.lines = Number.isNaN(number) ? 0 : number;
        this.#first = this.lines;
        continue;
      }
      if (number !== this.lines + 1)
        this.violations.push(`line ${this.lines + 1} came as '${line.slice(0, 40)}'`);
      this.lines = Number.isNaN(number) ? this.lines : number;
    }
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}
