// Judges output: counted streams are complete and exact, "same shell" is never said of another one, and what the service said is passed on.
import type { Have, LinkEvent } from "../../../daemon/upstream/link.js";
import type { LossFigures } from "./output-losses.js";
import { isCoded, positionOf } from "./position-code.js";
import { type ReplayFigures, ReplayOracle, type ReplayOracleOptions } from "./replay-oracle.js";

export interface StreamFigures extends LossFigures, ReplayFigures {
  delivered: number;
  /** Said to be lost, in exact mode: exactly so many bytes were. */
  gaps: number;
  /** Said to be lost by a confirmation. */
  dropped: number;
}

export interface AttachedTruth {
  readonly stream: number;
  readonly from: number;
  readonly isNew: boolean;
}

export class StreamOracle {
  /** Of output that nobody counts. */
  readonly replay: ReplayOracle;
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
  #saidByServer = 0;
  #saidByUs = 0;
  #delivered = 0;
  #gaps = 0;
  #dropped = 0;

  constructor(options: ReplayOracleOptions) {
    this.#exact = options.traits.exact;
    this.#fail = (message) => options.fail(message);
    this.replay = new ReplayOracle(options);
  }

  get figures(): StreamFigures {
    const { figures, losses } = this.replay;
    return {
      delivered: this.#delivered,
      gaps: this.#gaps,
      dropped: this.#dropped,
      ...figures,
      ...losses.figures,
    };
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
    return this.replay.losses.high(stream);
  }

  get verdict(): string | undefined {
    return this.#verdict;
  }

  arriving(stream: number, from: number, payload: Uint8Array): void {
    if (this.#exact) this.#arriving = { stream, from, payload };
    else this.replay.arriving(stream, from, payload);
  }

  /** @param mayKeep the process is leaving a shell that is not the one it had */
  arrived(mayKeep: boolean): void {
    if (!this.#exact) {
      this.replay.arrived(mayKeep);
      return;
    }
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
      this.#gaps += gap ?? 0;
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
    if (event.verdict === "new") this.replay.anew();
    this.#saidByUs += event.bytesDropped;
    this.#dropped += event.bytesDropped;
  }

  /** A connection is over: all that the service said to be lost has been said. */
  over(mayKeep: boolean): void {
    if (this.#saidByServer > this.#saidByUs && !mayKeep) {
      this.#fail(`the service said that ${this.#saidByServer} bytes are lost, we said ${this.#saidByUs}`);
    }
    this.#saidByServer = 0;
    this.#saidByUs = 0;
    if (!this.#exact) this.replay.over(mayKeep);
  }

  frame(payload: Uint8Array): void {
    this.#started = true;
    this.#delivered += payload.length;
    if (!this.#exact) {
      this.replay.frame(payload);
      return;
    }
    const truth = this.#arriving;
    this.#arriving = undefined;
    if (truth === undefined || !isCoded(payload, truth.stream, truth.from)) {
      const arrived = truth === undefined ? "nothing" : `${truth.stream}:${truth.from}`;
      this.#fail(`passed on ${payload.length} bytes (${positionOf(payload)}) where ${arrived} arrived`);
      return;
    }
    this.#checkPosition(payload);
    const to = truth.from + payload.length;
    const doubled = this.replay.losses.passed({ stream: truth.stream, from: truth.from, to });
    if (doubled > 0) this.#fail(`${doubled} bytes were passed on twice`);
  }

  #checkPosition(payload: Uint8Array): void {
    const position = this.#position;
    if (position === undefined || !isCoded(payload, position.stream, position.offset)) {
      this.#fail(`output ${positionOf(payload)} where ${position?.stream}:${position?.offset} was announced`);
      return;
    }
    position.offset += payload.length;
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
