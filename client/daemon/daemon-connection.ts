// A connection to the daemon: JSON-RPC calls, one per line, and after `shell.attach` a stream of packets.
import { connect, type Socket } from "node:net";
import { AgentdError, isErrorCode } from "../../shared/errors.js";
import { VERSION } from "../../shared/host/version.js";
import { encodePacket, PacketDecoder } from "../../shared/packet.js";
import {
  type AttachParams,
  type AttachResult,
  type HelloResult,
  type MethodName,
  type Params,
  PROTOCOL_VERSION,
  type Result,
} from "../../shared/rpc.js";
import { LineReader } from "./line-reader.js";

/** Our bound: a captured history of 100,000 wide lines fits. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** A daemon that lives answers simple calls in milliseconds. */
const ANSWER_LIMIT_MS = 10_000;

/** What an attached client hears. Frames are views into the read buffer: whoever keeps one copies it. */
export interface StreamHandlers {
  onFrame(frame: Uint8Array): void;
  /** The stream is over, for whatever reason; the last call. */
  onEnd(): void;
  /** The socket takes more bytes again, after `send` answered false. */
  onDrain(): void;
}

/** The connection after `shell.attach`, or another call that turns it into a stream. */
export interface PacketStream<R = AttachResult> {
  readonly result: R;
  /** Starts the flow of frames; those that came with the answer are handed over first. */
  start(handlers: StreamHandlers): void;
  /** False: the socket's buffer is full, wait for `onDrain`. */
  send(channel: number, payload: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** Resolves when all that was sent has left this process. */
  finish(): Promise<void>;
  destroy(): void;
}

interface PendingCall {
  readonly attach: boolean;
  resolve(result: unknown): void;
  reject(error: AgentdError): void;
}

/** Own and small, because it is on the way of every start: a JSON-RPC library would cost a tenth of the start-up time. */
export class DaemonConnection {
  readonly #socket: Socket;
  readonly #lines = new LineReader(MAX_ANSWER_BYTES);
  readonly #calls = new Map<number, PendingCall>();
  #nextId = 1;
  #failure: AgentdError | undefined;
  /** The newest error without an id, until the next answer: when the connection ends behind it, it is why. */
  #lastWord: AgentdError | undefined;
  readonly #onData = (chunk: Uint8Array) => this.#handleData(chunk);
  readonly #onClose = () =>
    this.#fail(
      this.#lastWord ??
        new AgentdError("daemon_unavailable", "agentd closed the connection", { details: { closed: true } }),
    );
  #hello: HelloResult | undefined;
  #onNotification: ((method: string, params: unknown) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", this.#onData);
    socket.on("close", this.#onClose);
    socket.on("error", () => {}); // "close" follows
  }

  /** Connects without a greeting. Rejects with Node's error (`ENOENT`, `ECONNREFUSED`, `EACCES`). */
  static open(path: string): Promise<DaemonConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new DaemonConnection(socket));
      });
    });
  }

  /** What the daemon said in its greeting. */
  get hello(): HelloResult {
    if (this.#hello === undefined) throw new AgentdError("internal", "no hello yet");
    return this.#hello;
  }

  /** The first call. @throws AgentdError `protocol_mismatch`, `daemon_unavailable` (details `closed`: it went away). */
  async greet(): Promise<HelloResult> {
    this.#hello = await this.call("hello", { protocol: PROTOCOL_VERSION, client: `agentd ${VERSION}` });
    return this.#hello;
  }

  /** What `send` sends leaves in one piece: the daemon answers calls in order, and needs no answer to be read in between. */
  inOnePiece<T>(send: () => T): T {
    this.#socket.cork();
    try {
      return send();
    } finally {
      this.#socket.uncork();
    }
  }

  /**
   * Calls a method. @throws AgentdError the daemon's own error; `daemon_unavailable` when it does not answer within
   * `limitMs` or goes away.
   */
  call<M extends MethodName>(method: M, params: Params<M>, limitMs = ANSWER_LIMIT_MS): Promise<Result<M>> {
    return this.#request(method, params, limitMs, false) as Promise<Result<M>>;
  }

  /** Attaches; from then on this object is used up and the stream owns the socket. */
  attach(params: AttachParams): Promise<PacketStream> {
    return this.#request("shell.attach", params, ANSWER_LIMIT_MS, true) as Promise<PacketStream>;
  }

  /** From now on notifications (`event`, `screen`) are handed over; `onClose` comes once, when the connection is over. */
  follow(onNotification: (method: string, params: unknown) => void, onClose: () => void): void {
    this.#onNotification = onNotification;
    if (this.#socket.destroyed) onClose();
    else this.#socket.once("close", onClose);
  }

  /** Runs a one-shot command; from then on as after `attach`. */
  exec(params: Params<"exec.run">): Promise<PacketStream<Result<"exec.run">>> {
    return this.#request("exec.run", params, ANSWER_LIMIT_MS, true) as Promise<
      PacketStream<Result<"exec.run">>
    >;
  }

  close(): void {
    this.#socket.destroy();
  }

  #request(method: MethodName, params: object, limitMs: number, attach: boolean): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const limit = setTimeout(() => {
        const text = `agentd does not answer (no answer to ${method} in ${limitMs / 1000}s) · agentd doctor`;
        this.#fail(new AgentdError("daemon_unavailable", text));
        this.#socket.destroy();
      }, limitMs);
      this.#calls.set(id, {
        attach,
        resolve: (result) => {
          clearTimeout(limit);
          resolve(result);
        },
        reject: (error) => {
          clearTimeout(limit);
          reject(error);
        },
      });
      this.#socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    });
  }

  #handleData(chunk: Uint8Array): void {
    try {
      for (const line of this.#lines.push(chunk)) {
        // After the answer to an attach, no byte is a line any more.
        if (this.#handleLine(line)) return;
      }
    } catch (error) {
      this.#fail(AgentdError.from(error));
      this.#socket.destroy();
    }
  }

  /** True when the connection became a stream of packets. */
  #handleLine(line: string): boolean {
    const answer = parseAnswer(line);
    if (answer !== undefined) this.#lastWord = answer.id === null ? answer.error : undefined;
    const call = answer && this.#calls.get(answer.id ?? 0);
    if (answer === undefined) this.#handleNotification(line);
    if (answer === undefined || call === undefined) return false;
    this.#calls.delete(answer.id ?? 0);
    if (answer.error !== undefined) {
      call.reject(answer.error);
      return false;
    }
    if (!call.attach) {
      call.resolve(answer.result);
      return false;
    }
    this.#socket.off("data", this.#onData);
    this.#socket.off("close", this.#onClose);
    call.resolve(packetStream(this.#socket, answer.result as AttachResult, this.#lines.takeRest()));
    return true;
  }

  #handleNotification(line: string): void {
    if (this.#onNotification === undefined) return;
    const { method, params } = (parseJson(line) ?? {}) as { method?: unknown; params?: unknown };
    if (typeof method === "string") this.#onNotification(method, params);
  }

  #fail(error: AgentdError): void {
    this.#failure ??= error;
    for (const call of this.#calls.values()) call.reject(this.#failure);
    this.#calls.clear();
  }
}

/** The stream behind an attach; `behind` are the bytes that came in the same read as the answer. */
function packetStream(socket: Socket, result: AttachResult, behind: Uint8Array): PacketStream {
  const decoder = new PacketDecoder();
  let ended = false;
  // Nothing may be read before somebody listens; "close" may come before, too.
  socket.pause();
  const onEarlyClose = () => {
    ended = true;
  };
  socket.once("close", onEarlyClose);

  return {
    result,
    start(handlers) {
      const finish = () => {
        if (ended) return;
        ended = true;
        handlers.onEnd();
      };
      const read = (chunk: Uint8Array) => {
        try {
          for (const frame of decoder.push(chunk)) handlers.onFrame(frame);
        } catch {
          // Not packets: this daemon cannot be understood any more; the same as a link that broke.
          socket.destroy();
        }
      };
      socket.off("close", onEarlyClose);
      read(behind);
      if (ended) return handlers.onEnd();
      socket.on("data", read);
      socket.on("drain", () => handlers.onDrain());
      socket.on("end", finish);
      socket.on("close", finish);
      socket.resume();
    },
    send: (channel, payload) => !ended && socket.writable && socket.write(encodePacket(channel, payload)),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    finish: () => new Promise((resolve) => (socket.writable ? socket.end(() => resolve()) : resolve())),
    destroy: () => void socket.destroy(),
  };
}

interface Answer {
  readonly id: number | null;
  readonly result?: unknown;
  readonly error?: AgentdError;
}

/** An answer to a call, or undefined for anything else (notifications, noise). */
function parseAnswer(line: string): Answer | undefined {
  const value = parseJson(line) as { id?: unknown; result?: unknown; error?: unknown } | null | undefined;
  if (typeof value?.id !== "number" && value?.id !== null) return undefined;
  const { id, result, error } = value;
  return error === undefined ? { id, result } : { id, error: readError(error) };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** JSON-RPC's error object with our code in `data.code`; a stranger's error is `internal` with its text kept. */
function readError(value: unknown): AgentdError {
  const { message, data } = (value ?? {}) as {
    message?: unknown;
    data?: { code?: unknown; details?: unknown };
  };
  const text = typeof message === "string" ? message : "agentd answered with an error it did not explain";
  const code = data?.code;
  return new AgentdError(isErrorCode(code) ? code : "internal", text);
}
