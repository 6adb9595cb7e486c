// The local runtime inside the test's process, and a bare `ws` client of its shells that waits on frames.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import { LocalRuntime } from "../../daemon/local/local-runtime.js";
import { parseRuntimeConfig } from "../../daemon/local/runtime-config.js";
import { Channel } from "../../shared/channel.js";
import { encodeFrame, encodeTextFrame } from "../../shared/frame.js";
import { parseStatus, type Status } from "../../shared/status.js";

export const ARN = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1";
export const SESSION_HEADER = "x-amzn-bedrock-agentcore-runtime-session-id";

let sessions = 0;
/** A session id that no other test of this process uses. */
export const newSession = () => `session-${String(++sessions).padStart(28, "0")}`;

/** A runtime on a free loopback port. */
export class LocalService {
  readonly url: string;
  readonly runtime: LocalRuntime;

  private constructor(runtime: LocalRuntime) {
    this.runtime = runtime;
    this.url = `http://127.0.0.1:${(runtime.server.address() as AddressInfo).port}`;
  }

  static async start(config: Record<string, unknown> = {}, now?: () => Date): Promise<LocalService> {
    const open = config["credentials"] === undefined && config["bearerTokens"] === undefined;
    const knobs = parseRuntimeConfig(open ? { auth: "none", ...config } : config);
    const runtime = new LocalRuntime({ config: knobs, daemonApi: false, ...(now ? { now } : {}) });
    runtime.server.listen(0, "127.0.0.1");
    await once(runtime.server, "listening");
    return new LocalService(runtime);
  }

  stop(): Promise<void> {
    return this.runtime.stop();
  }

  path(
    operation: "ws/shells" | "commands" | "stopruntimesession",
    query: Record<string, string> = {},
  ): string {
    const text = new URLSearchParams(query).toString();
    return `/runtimes/${encodeURIComponent(ARN)}/${operation}${text === "" ? "" : `?${text}`}`;
  }

  /** Connects and waits for the 101. */
  async open(options: ConnectOptions = {}): Promise<ShellClient> {
    const client = this.connect(options);
    await client.opened;
    return client;
  }

  connect({
    session,
    shellId,
    headers = {},
    query = {},
    protocols = [],
    path,
  }: ConnectOptions = {}): ShellClient {
    const target =
      path ?? this.path("ws/shells", { ...(shellId === undefined ? {} : { shellId }), ...query });
    const all = { ...headers, ...(session === undefined ? {} : { [SESSION_HEADER]: session }) };
    return new ShellClient(
      new WebSocket(this.url + target, [...protocols], { headers: all, perMessageDeflate: false }),
    );
  }

  /** The refusal of an upgrade: status, exception and body. */
  async refusal(options: ConnectOptions): Promise<Refusal> {
    const client = this.connect(options);
    return await Promise.race([
      client.refused,
      client.opened.then(() => {
        throw new Error("the upgrade was accepted");
      }),
    ]);
  }

  async stopSession(session: string): Promise<number> {
    const response = await fetch(this.url + this.path("stopruntimesession"), {
      method: "POST",
      headers: { [SESSION_HEADER]: session },
      body: "{}",
    });
    return response.status;
  }
}

export interface ConnectOptions {
  readonly session?: string;
  readonly shellId?: string;
  readonly headers?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly protocols?: readonly string[];
  readonly path?: string;
}

export interface Refusal {
  readonly status: number;
  readonly exception: string;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: { readonly message: string; readonly error?: string };
}

/** Everything that one connection received, and promises for what it still will. */
export class ShellClient {
  readonly socket: WebSocket;
  readonly frames: Uint8Array[] = [];
  readonly headers: Record<string, string | string[] | undefined> = {};
  readonly opened: Promise<unknown>;
  readonly refused: Promise<Refusal>;
  /** Close code and reason. */
  readonly closed: Promise<{ code: number; reason: string }>;
  #waiting: (() => void)[] = [];
  #text = "";

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.opened = new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    this.opened.catch(() => undefined);
    socket.on("upgrade", (response) => Object.assign(this.headers, response.headers));
    socket.on("error", () => undefined);
    this.refused = new Promise((resolve) =>
      socket.on("unexpected-response", (_, response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            exception: String(response.headers["x-amzn-errortype"]),
            headers: response.headers,
            body: JSON.parse(text) as Refusal["body"],
          }),
        );
      }),
    );
    this.closed = new Promise((resolve) =>
      socket.once("close", (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#wake();
      }),
    );
    socket.on("message", (data: Buffer) => {
      this.frames.push(data);
      if (data[0] === Channel.Stdout) this.#text += data.subarray(1).toString("latin1");
      this.#wake();
    });
  }

  /** All STDOUT so far, one character per byte. */
  get text(): string {
    return this.#text;
  }

  get statuses(): Status[] {
    return this.of(Channel.Status).map(parseStatus);
  }

  header(name: string): string {
    return String(this.headers[name.toLowerCase()]);
  }

  /** Payloads of one channel. */
  of(channel: number): Uint8Array[] {
    return this.frames.filter((frame) => frame[0] === channel).map((frame) => frame.subarray(1));
  }

  /** Waits until `probe` holds; fails when the connection closes first, or with what was seen when nothing comes. */
  async until(what: string, probe: () => boolean): Promise<void> {
    const failed = (why: string) =>
      new Error(`${why} before: ${what}; got ${JSON.stringify(this.#text.slice(-300))}`);
    while (!probe()) {
      if (this.socket.readyState === WebSocket.CLOSED) throw failed("closed");
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(failed("nothing for 15 s")), 15_000);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Waits for text in the output and returns the output. */
  async sees(text: string | RegExp): Promise<string> {
    const has = () => (typeof text === "string" ? this.#text.includes(text) : text.test(this.#text));
    await this.until(String(text), has);
    return this.#text;
  }

  /** The confirmation. */
  async confirmed(): Promise<Extract<Status, { kind: "confirmation" }>> {
    const find = () => this.statuses.find((status) => status.kind === "confirmation");
    await this.until("a confirmation", () => find() !== undefined);
    return find() as Extract<Status, { kind: "confirmation" }>;
  }

  type(text: string): void {
    this.send(Channel.Stdin, text);
  }

  send(channel: number, payload: string | Uint8Array = ""): void {
    this.socket.send(
      typeof payload === "string" ? encodeTextFrame(channel, payload) : encodeFrame(channel, payload),
    );
  }

  /** Types a command whose output ends with a marker, and returns once the shell has run it. */
  async run(command: string): Promise<string> {
    const marker = `done-${this.frames.length}-${Math.trunc(performance.now())}`;
    const from = this.#text.length;
    this.type(`${command}; echo ${marker.slice(0, 4)}""${marker.slice(4)}\n`);
    await this.until(command, () => this.#text.indexOf(`${marker}\r\n`, from) >= 0);
    return this.#text.slice(from, this.#text.indexOf(`${marker}\r\n`, from));
  }

  /** Leaves without a word about the shell, and waits for the socket's end. */
  async leave(code?: number): Promise<void> {
    this.socket.close(code);
    await this.closed;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
