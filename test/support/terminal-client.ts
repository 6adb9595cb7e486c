// A client of the daemon with a terminal behind it: draws what it gets, and answers every question it sees, as a person's does.
import { Channel } from "../../shared/channel.js";
import type { AttachResult } from "../../shared/rpc.js";
import { decodeSnapshotPart } from "../../shared/snapshot.js";
import { SocketClient } from "./socket-client.js";
import { createTestTerminal, type TestTerminal } from "./test-terminal.js";

const SCROLLBACK = 5000;

export class TerminalClient {
  /** Everything that the terminal typed by itself. */
  readonly replies: string[] = [];
  /** The bytes of the last snapshot. */
  snapshot = "";
  snapshots = 0;
  /** Bytes of output that it has seen since it attached, and of the snapshot's past. */
  offset = 0;
  terminal!: TestTerminal;
  readonly #client: SocketClient;
  readonly #name: string;
  #isDrawn = false;

  private constructor(client: SocketClient, name: string) {
    this.#client = client;
    this.#name = name;
    this.#newTerminal();
  }

  /** @param name told in its answers, so that one can say whose they are */
  static async attach(socket: string, shell: string, name: string, size = { cols: 80, rows: 24 }) {
    const client = await SocketClient.greeted(socket);
    const viewer = new TerminalClient(client, name);
    await client.call<AttachResult & Record<string, unknown>>("shell.attach", { name: shell, ...size });
    return viewer;
  }

  type(text: string): void {
    this.#client.send(Channel.Stdin, text);
  }

  /** Reads until `done`; throws when the stream ends before. */
  async until(what: string, done: () => boolean): Promise<void> {
    while (!done()) {
      const frame = await this.#client.frame();
      if (frame === undefined) throw new Error(`the stream of ${this.#name} ended before: ${what}`);
      this.#handle(frame[0] ?? 0, frame.subarray(1));
    }
  }

  /** Until the whole snapshot has been drawn. */
  drawn(): Promise<void> {
    return this.until("a snapshot", () => this.#isDrawn);
  }

  /** Until `text` stands on its screen or in its scrollback. */
  async sees(text: string): Promise<void> {
    await this.until(text, () => this.#isDrawn && this.#lastLines().includes(text));
  }

  /** Says that it goes, and waits until it is let go. */
  async detach(): Promise<void> {
    this.#client.send(Channel.Close, "");
    while ((await this.#client.frame()) !== undefined);
    this.#client.close();
  }

  #lastLines(): string {
    const buffer = this.terminal.terminal.buffer.active;
    let text = "";
    for (let y = 0; y < 24; y++) text += buffer.getLine(buffer.baseY + y)?.translateToString(true) ?? "";
    return text;
  }

  #handle(channel: number, payload: Uint8Array): void {
    if (channel === Channel.Stdout) {
      this.offset += payload.length;
      this.terminal.feed(payload);
      return;
    }
    const part = channel === Channel.Snapshot ? decodeSnapshotPart(payload) : undefined;
    if (part === undefined) return;
    if (part.header !== undefined) {
      this.#newTerminal();
      this.snapshot = "";
      this.snapshots++;
      this.offset = part.header.offset;
    }
    this.snapshot += Buffer.from(part.bytes).toString("latin1");
    this.terminal.feed(part.bytes);
    this.#isDrawn = part.last;
  }

  /** The questions that xterm.js leaves open are answered too. */
  #newTerminal(): void {
    this.terminal = createTestTerminal(80, 24, SCROLLBACK);
    const { terminal } = this.terminal;
    const { parser } = terminal;
    const reply = (text: string) => {
      this.replies.push(text);
      this.type(text);
    };
    terminal.onData(reply);
    terminal.options.windowOptions = { getWinSizeChars: true, getWinSizePixels: true };
    const answer = (text: string) => {
      reply(text);
      return true;
    };
    parser.registerCsiHandler({ prefix: ">", final: "q" }, () => answer(`\x1bP>|${this.#name}\x1b\\`));
    parser.registerCsiHandler({ prefix: "?", final: "u" }, () => answer("\x1b[?0u"));
    parser.registerCsiHandler({ final: "t" }, (params) =>
      params[0] === 14 ? answer("\x1b[4;480;800t") : params[0] === 18 ? answer("\x1b[8;24;80t") : false,
    );
    parser.registerDcsHandler({ intermediates: "+", final: "q" }, (data) =>
      answer(`\x1bP1+r${data}=1\x1b\\`),
    );
    for (const code of [4, 10, 11, 12])
      parser.registerOscHandler(code, (data) =>
        data.endsWith("?") ? answer(`\x1b]${code};rgb:1111/2222/3333\x1b\\`) : false,
      );
    parser.registerOscHandler(52, (data) => (data.endsWith("?") ? answer("\x1b]52;c;QQ==\x1b\\") : false));
  }
}
