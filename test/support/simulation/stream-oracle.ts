// Judges output: what arrived is passed on, counted streams are complete, and "same shell" is never said of another one.
import type { Have, LinkEvent } from "../../../daemon/upstream/link.js";
import { isCoded, positionOf } from "./position-code.js";

/** A server that does not count its output replays what it likes: until a resolver sorts that out, doubled bytes are only counted. */
const DOUBLED_BYTES_FAIL = false;

export interface StreamFigures {
  delivered: number;
  /** Said to be lost, in exact mode: exactly so many bytes were. */
  gaps: number;
  /** Said to be lost by a confirmation. */
  dropped: number;
  /** Without offsets: bytes that were on their way when a connection broke, which nobody can know of. */
  unsaid: number;
  doubled: number;
}

export interface AttachedTruth {
  readonly stream: number;
  readonly from: number;
}

export class StreamOracle {
  readonly figures: StreamFigures = { delivered: 0, gaps: 0, dropped: 0, unsaid: 0, doubled: 0 };
  readonly #exact: boolean;
  readonly #fail: (message: string) => void;
  /** What the consumer knows: epoch and offset, as told by link events and counted from frames. */
  #position: { epoch: string; stream: number; offset: number } | undefined;
  #current: AttachedTruth | undefined;
  #previous: number | undefined;
  #verdict: string | undefined;
  #everLive = false;
  #started = false;
  #arriving: { stream: number; from: number; payload: Uint8Array } | undefined;
  /** Per stream: offset after the newest byte that was passed on. */
  readonly #high: number[] = [];
  #saidByServer = 0;
  #saidByUs = 0;

  constructor(exact: boolean, fail: (message: string) => void) {
    this.#exact = exact;
    this.#fail = fail;
  }

  /** What a consumer like the hub would say that it has. */
  have(): Have | undefined {
    return this.#position && { epoch: this.#position.epoch, offset: this.#position.offset };
  }

  /** The stream of the last connection that was reported live. */
  get stream(): number | undefined {
    return this.#current?.stream;
  }

  /** Offset after the newest byte of `stream` that was passed on. */
  high(stream: number): number {
    return this.#high[stream] ?? 0;
  }

  get verdict(): string | undefined {
    return this.#verdict;
  }

  arriving(stream: number, from: number, payload: Uint8Array): void {
    this.#arriving = { stream, from, payload };
  }

  /** @param mayKeep the process is leaving a shell that is not the one it had */
  arrived(mayKeep: boolean): void {
    const kept = this.#arriving;
    if (kept !== undefined && !mayKeep) {
      this.#fail(
        `${kept.payload.length} bytes that arrived (${kept.stream}:${kept.from}) were not passed on`,
      );
    }
    this.#arriving = undefined;
  }

  live(event: Extract<LinkEvent, { kind: "live" }>, truth: AttachedTruth): void {
    const { verdict, epoch, offset, gap } = event;
    this.#previous = this.#current?.stream;
    this.#current = truth;
    this.#saidByServer = 0;
    this.#saidByUs = 0;
    // A shell that never said anything was perhaps never started: the next one may be called the first again.
    const isFirst = verdict === "first";
    if (isFirst ? this.#started : !this.#everLive) this.#fail(`verdict '${verdict}', which cannot be`);
    this.#everLive = true;
    this.#checkVerdict(verdict);
    if (!this.#exact) return;
    if (epoch === undefined || offset !== truth.from) {
      this.#fail(`exact output at ${offset} of ${epoch}, but it starts at ${truth.from}`);
      return;
    }
    const known = isFirst ? undefined : this.#position;
    if (known?.epoch === epoch) {
      if (verdict !== "same") this.#fail(`verdict '${verdict}' for the epoch that we have`);
      if (offset - known.offset !== (gap ?? 0)) {
        this.#fail(`the output goes on at ${offset} after ${known.offset}, and the gap said is ${gap}`);
      }
      this.#saidByUs = gap ?? 0;
      this.figures.gaps += gap ?? 0;
    } else {
      if (known !== undefined && verdict !== "new") this.#fail(`verdict '${verdict}' for another epoch`);
      if (gap !== undefined) this.#fail(`a gap of ${gap} between two epochs`);
    }
    this.#position = { epoch, stream: truth.stream, offset };
  }

  /** A confirmation that the service sent has arrived. */
  confirmationArrived(bytesDropped: number): void {
    this.#started = true;
    this.#saidByServer = Math.max(this.#saidByServer, bytesDropped);
  }

  confirmed(event: Extract<LinkEvent, { kind: "confirmed" }>): void {
    this.#checkVerdict(event.verdict);
    this.#saidByUs += event.bytesDropped;
    this.figures.dropped += event.bytesDropped;
  }

  /** A connection is over: all that the service said to be lost has been said. */
  over(): void {
    if (this.#saidByServer > this.#saidByUs) {
      this.#fail(`the service said that ${this.#saidByServer} bytes are lost, we said ${this.#saidByUs}`);
    }
    this.#saidByServer = 0;
    this.#saidByUs = 0;
  }

  frame(payload: Uint8Array): void {
    const truth = this.#arriving;
    this.#arriving = undefined;
    this.#started = true;
    if (truth === undefined) {
      this.#fail(
        `${payload.length} bytes (${positionOf(payload)}) were passed on that did not arrive just now`,
      );
      return;
    }
    if (!isCoded(payload, truth.stream, truth.from)) {
      this.#fail(`passed on ${positionOf(payload)} where ${truth.stream}:${truth.from} arrived`);
    }
    if (this.#exact) this.#checkPosition(payload);
    const end = truth.from + payload.length;
    const high = this.#high[truth.stream] ?? 0;
    this.figures.delivered += payload.length;
    this.#count(truth.from - high, Math.min(end, high) - truth.from);
    this.#high[truth.stream] = Math.max(high, end);
  }

  #checkPosition(payload: Uint8Array): void {
    const position = this.#position;
    if (position === undefined || !isCoded(payload, position.stream, position.offset)) {
      this.#fail(`output ${positionOf(payload)} where ${position?.stream}:${position?.offset} was announced`);
      return;
    }
    position.offset += payload.length;
  }

  #count(missing: number, doubled: number): void {
    if (missing > 0 && !this.#exact) this.figures.unsaid += missing;
    if (doubled <= 0) return;
    this.figures.doubled += doubled;
    if (this.#exact || DOUBLED_BYTES_FAIL) this.#fail(`${doubled} bytes were passed on twice`);
  }

  #checkVerdict(verdict: string): void {
    this.#verdict = verdict;
    const { stream } = this.#current as AttachedTruth;
    if (verdict === "same" && this.#previous !== undefined && stream !== this.#previous) {
      this.#fail(`stream ${stream} is called the same shell as ${this.#previous}`);
    }
    if (verdict === "new" && stream === this.#previous) {
      this.#fail(`stream ${stream} is called a new shell, and is the old one`);
    }
  }
}
