// One connected client: JSON-RPC lines first, packets after `shell.attach`, on the same socket.
import type { Socket } from "node:net";
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { ClientSink } from "../shell/clients/client-host.js";
import { Calls } from "./calls.js";
import type { Call, Connection, PacketReceiver } from "./connection.js";
import { LineDecoder } from "./line-decoder.js";
import { PacketStream } from "./packet-stream.js";
import { errorLine, type RpcServer } from "./rpc-server.js";
import type { ServerLog } from "./server-log.js";
import { SocketWriter } from "./socket-writer.js";

const MAX_HELLO_BYTES = 4 * 1024;
const MAX_LINE_BYTES = 256 * 1024;
const HELLO_TIMEOUT_MS = 2000;

/** Answers and events that a client has not read: above this its calls wait, and its events end. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** Calls that are answered sooner need not know whether somebody is there. */
const PROBE_AFTER_MS = 10;
const HTTP = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|PRI) /;
const HTTP_HELP =
  "this is the socket of agentd: JSON-RPC 2.0, one object per line, not HTTP · try: agentd ls\n";

type Phase =
  | { readonly kind: "lines" }
  /** An attach is being answered: nothing is read, because what follows may be packets. */
  | { readonly kind: "attaching" }
  | { readonly kind: "packets"; readonly stream: PacketStream }
  /** Input is read and thrown away, so that the other side can finish and read our last words. */
  | { readonly kind: "ending" };

export interface PeerOptions {
  readonly socket: Socket;
  readonly rpc: RpcServer<Call>;
  readonly log: ServerLog;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Called at a valid hello. @throws AgentdError `too_busy`. */
  readonly admit: () => void;
  readonly helloTimeoutMs?: number;
}

/**
 * Invariants:
 * 1. `shell.attach` (and `exec.run`) runs alone: calls before it are answered first, and nothing behind it is read as a line.
 * 2. The answer of `shell.attach` is the last line; the receiver starts in the turn in which it is written.
 * 3. Half a line or half a packet at the end of the stream has no effect.
 */
export class Peer implements Connection {
  readonly sink: ClientSink;
  program = "";
  readonly #socket: Socket;
  readonly #writer: SocketWriter;
  readonly #options: PeerOptions;
  readonly #lines = new LineDecoder(MAX_HELLO_BYTES);
  readonly #calls: Calls;
  readonly #closeCallbacks: (() => void)[] = [];
  readonly #helloTimer: NodeJS.Timeout;
  #log: ServerLog;
  #phase: Phase = { kind: "lines" };
  #inputEnded = false;
  /** Its shell takes no more keys; perhaps since before there was a stream of them. */
  #inputPaused = false;
  #closed = false;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.#log = options.log;
    this.#writer = new SocketWriter(options.socket);
    this.#calls = new Calls({
      rpc: options.rpc,
      now: options.now,
      connection: this,
      log: () => this.#log,
      write: (line) => this.#writer.writeLine(line),
      onAttach: () => {
        this.#phase = { kind: "attaching" };
      },
      onAnswered: () => this.#handleAnswered(),
      onHopeless: () => this.close(),
    });
    this.sink = this.#makeSink();
    const helloTimeoutMs = options.helloTimeoutMs ?? HELLO_TIMEOUT_MS;
    this.#helloTimer = setTimeout(
      () => this.#refuse(new AgentdError("timeout", "no hello in time")),
      helloTimeoutMs,
    );
    this.#socket.on("data", (chunk: Uint8Array) => this.#handleChunk(chunk));
    this.#socket.on("end", () => this.#handleEnd());
    this.#socket.on("drain", () => this.#resumeLines());
    // A broken connection is followed by "close", and there is nobody left to tell.
    this.#socket.on("error", (error) => this.#log.debug({ err: error }, "client connection broke"));
    this.#socket.on("close", () => this.#handleClose());
  }

  get greeted(): boolean {
    return this.#calls.greeting.isComplete;
  }

  greet(protocol: number, client: string): void {
    this.#options.admit();
    clearTimeout(this.#helloTimer);
    this.#lines.maxLineBytes = MAX_LINE_BYTES;
    // Once: a log that is bound to every name that a client says would grow with each.
    this.#calls.greeting.accept(protocol);
    this.#log = this.#log.child({ client: printable(client, 60) });
    this.program = client;
  }

  becomeStream(receiver: PacketReceiver): void {
    if (this.#closed || this.#phase.kind !== "attaching") {
      receiver.closed();
      return;
    }
    const stream = new PacketStream(receiver);
    this.#phase = { kind: "packets", stream };
    this.onClose(() => stream.tellGone());
    if (!this.#inputPaused) this.#socket.resume();
    stream.start();
    this.#handlePackets(this.#lines.takeRest());
    if (this.#inputEnded) this.#leave();
  }

  notify(params: object, method = "event"): void {
    if (this.#writer.queuedBytes > MAX_QUEUED_BYTES) {
      this.#log.warn({ queuedBytes: this.#writer.queuedBytes }, "client does not read its events");
      this.#socket.destroy();
      return;
    }
    this.#writer.writeLine(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`);
  }

  onClose(callback: () => void): void {
    if (this.#closed) callback();
    else this.#closeCallbacks.push(callback);
  }

  /** Ends the stream after what was written; input that still comes is thrown away. */
  close(): void {
    if (this.#phase.kind === "packets") this.#phase.stream.stop();
    this.#phase = { kind: "ending" };
    this.#socket.resume();
    this.#writer.end();
  }

  /** Resolves when the kernel has taken everything that was written before `close`, or the connection is gone. */
  async flushed(): Promise<void> {
    if (this.#socket.destroyed || this.#socket.writableFinished) return;
    await new Promise<void>((resolve) => {
      this.#socket.once("finish", resolve);
      this.#socket.once("close", resolve);
    });
  }

  /** Ends the connection now. */
  destroy(): void {
    this.#socket.destroy();
  }

  #handleChunk(chunk: Uint8Array): void {
    if (this.#phase.kind === "packets") this.#handlePackets(chunk);
    else if (this.#phase.kind !== "ending") {
      this.#lines.push(chunk);
      this.#readLines();
    }
  }

  #readLines(): void {
    try {
      while (this.#phase.kind === "lines" && !this.#isFull()) {
        const line = this.#lines.next();
        if (line === undefined) return;
        if (line.length > 0) this.#handleLine(line);
      }
    } catch (error) {
      this.#refuse(error);
      return;
    }
    // Lines are left that must wait; nothing more is read until it is their turn.
    if (this.#phase.kind !== "ending") this.#socket.pause();
  }

  #handleLine(line: Uint8Array): void {
    if (this.#calls.greeting.isMissing && HTTP.test(Buffer.from(line.subarray(0, 16)).toString("latin1"))) {
      this.#writer.writeLine(HTTP_HELP);
      this.close();
      return;
    }
    this.#calls.handle(line);
  }

  #handleAnswered(): void {
    if (this.#phase.kind === "attaching" && this.#calls.pending === 0) this.#phase = { kind: "lines" };
    this.#resumeLines();
    if (this.#inputEnded && this.#calls.pending === 0 && this.#phase.kind === "lines") this.close();
  }

  #isFull(): boolean {
    return this.#writer.queuedBytes > MAX_QUEUED_BYTES;
  }

  #resumeLines(): void {
    if (this.#phase.kind !== "lines" || this.#isFull() || !this.#socket.isPaused()) return;
    this.#socket.resume();
    this.#readLines();
  }

  #handlePackets(chunk: Uint8Array): void {
    if (this.#phase.kind !== "packets") return;
    try {
      this.#phase.stream.push(chunk);
    } catch (error) {
      if (!(error instanceof AgentdError)) throw error;
      this.#log.warn({ err: error }, "client sent a bad packet");
      this.#leave();
    }
  }

  /** The client left, or must: the shell knows at once, whatever is still to be read on the other side. */
  #leave(): void {
    const phase = this.#phase;
    this.close();
    if (phase.kind === "packets") phase.stream.tellGone();
  }

  #handleEnd(): void {
    this.#inputEnded = true;
    if (this.#phase.kind === "packets") this.#leave();
    else if (this.#phase.kind === "lines" && this.#calls.pending === 0) this.close();
    else setTimeout(() => this.#probe(), PROBE_AFTER_MS).unref();
  }

  /** Whoever has only said everything still reads; to whoever is gone this fails, and calls that wait for long are let go. */
  #probe(): void {
    if (!this.#closed && this.#calls.pending > 0) this.#writer.writeLine("\n");
  }

  #handleClose(): void {
    this.#closed = true;
    this.#phase = { kind: "ending" };
    clearTimeout(this.#helloTimer);
    for (const callback of this.#closeCallbacks.splice(0)) callback();
  }

  #refuse(thrown: unknown): void {
    this.#writer.writeLine(errorLine(null, thrown, this.#log));
    this.#log.warn({ err: thrown }, "client refused");
    this.close();
  }

  #makeSink(): ClientSink {
    const writer = this.#writer;
    return {
      send: (frame) => writer.send(frame),
      get queuedBytes() {
        return writer.queuedBytes;
      },
      onDrain: (callback) => writer.onDrain(callback),
      end: () => this.close(),
      pauseInput: () => {
        this.#inputPaused = true;
        if (this.#phase.kind === "packets") this.#socket.pause();
      },
      resumeInput: () => {
        this.#inputPaused = false;
        if (this.#phase.kind === "packets") this.#socket.resume();
      },
    };
  }
}
