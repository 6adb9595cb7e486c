// The calls of one connection, whatever carries them: read, checked, counted, answered; what becomes a stream runs alone.
import { AgentdError } from "../../shared/errors.js";
import { CallGate } from "./call-gate.js";
import type { Call, Connection } from "./connection.js";
import { Greeting } from "./greeting.js";
import { becomesStream } from "./packet-stream.js";
import { BadRequest, type Request, readRequest } from "./request.js";
import { type Answer, errorLine, type RpcServer } from "./rpc-server.js";
import type { ServerLog } from "./server-log.js";

/** After this many refused calls in a minute (docs/protocol.md) a client is not in a hurry but broken. */
const MAX_REFUSALS = 64;
const REFUSALS_MS = 60_000;

export interface CallsOptions {
  readonly rpc: RpcServer<Call>;
  readonly connection: Connection;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  log(): ServerLog;
  /** Sends one answer: JSON with a newline behind it. */
  write(line: string): void;
  /** An attach has been read: until `onAnswered`, whatever comes may be no call. */
  onAttach(): void;
  /** A call was answered, and what it does afterwards has been done. */
  onAnswered(): void;
  /** The client has had its chance. */
  onHopeless(): void;
  /** What a client of lesser rights may ask, and how it is meant. @throws AgentdError. */
  readonly admit?: (request: Request) => Request;
}

/** After them the connection sends lines at any time, which the packets of an attach could not be told from. */
const NOTIFYING = new Set(["events.subscribe", "shell.watch"]);

/** Invariants: a call is answered before an attach that was read behind it begins; where notifications come, no packets do. */
export class Calls {
  readonly greeting = new Greeting();
  readonly #options: CallsOptions;
  readonly #gate: CallGate;
  readonly #pending = new Set<Promise<void>>();
  #refusals = 0;
  #refusedSince = Number.NEGATIVE_INFINITY;
  #notifies = false;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#gate = new CallGate(options.now);
  }

  /** How many are not answered yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Takes one call as JSON in UTF-8. */
  handle(json: Uint8Array): void {
    const { write, log, onAttach, onHopeless } = this.#options;
    const read = readRequest(json);
    let request: Request;
    try {
      this.#gate.count();
      if (read instanceof BadRequest) throw read.error;
      this.#checkMayCall(read.method);
      request = this.#options.admit?.(read) ?? read;
      this.#gate.enter(read.id);
    } catch (error) {
      write(errorLine(read.id, error, log()));
      if (this.greeting.isMissing || this.#hasTooManyRefusals()) onHopeless();
      return;
    }
    const streams = becomesStream(request.method);
    if (streams) onAttach();
    const call = streams ? this.#callAfter([...this.#pending], request) : this.#call(request);
    this.#pending.add(call);
    void call.then(() => {
      this.#pending.delete(call);
      this.#options.onAnswered();
    });
  }

  /** Counts one more. */
  #hasTooManyRefusals(): boolean {
    const now = this.#options.now();
    if (now - this.#refusedSince >= REFUSALS_MS) [this.#refusals, this.#refusedSince] = [0, now];
    return ++this.#refusals > MAX_REFUSALS;
  }

  #checkMayCall(method: string): void {
    this.greeting.checkMayCall(method);
    if (becomesStream(method)) this.#checkMayStream();
  }

  #checkMayStream(): void {
    if (this.#notifies)
      throw new AgentdError("invalid_request", "this connection streams events · attach on another one");
  }

  async #callAfter(others: readonly Promise<void>[], request: Request): Promise<void> {
    await Promise.all(others);
    return this.#call(request);
  }

  async #call(request: Request): Promise<void> {
    const { connection, write, onHopeless } = this.#options;
    const afterwards: (() => void)[] = [];
    const call: Call = { connection, afterAnswer: (callback) => afterwards.push(callback) };
    const answer = await this.#answer(request, call);
    if (answer.ok && NOTIFYING.has(request.method)) this.#notifies = true;
    this.#gate.leave(request.id);
    write(answer.line);
    if (answer.ok) for (const callback of afterwards) callback();
    if (this.greeting.isMissing) onHopeless();
  }

  async #answer(request: Request, call: Call): Promise<Answer> {
    const { rpc, log } = this.#options;
    try {
      // Again: what was answered before it may have changed that.
      if (becomesStream(request.method)) this.#checkMayStream();
    } catch (error) {
      return { ok: false, line: errorLine(request.id, error, log()) };
    }
    return rpc.call(request, call, log());
  }
}
