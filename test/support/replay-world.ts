// A server with a replay ring and a client that resolves its replays, with the true stream as the judge of every byte.
import { DeliveredOutput } from "../../daemon/upstream/replay/delivered-output.js";
import { OverflowWatch } from "../../daemon/upstream/replay/overflow-watch.js";
import { ReplayKnowledge } from "../../daemon/upstream/replay/replay-knowledge.js";
import {
  type ReplayDecision,
  type ReplayModel,
  ReplayResolver,
} from "../../daemon/upstream/replay/replay-resolver.js";
import { seededRandom } from "./random-stream.js";
import { type StreamKind, terminalStream } from "./terminal-streams.js";

export const confirmationKinds = ["none", "first", "first and post-drain", "after first output"] as const;
export type Confirmations = (typeof confirmationKinds)[number];

export interface WorldOptions {
  readonly seed: number;
  readonly kind: StreamKind;
  readonly model: Exclude<ReplayModel, "unknown">;
  readonly knowledge: ReplayModel;
}

/** One drop and its reattach; bytes unless said otherwise. */
export interface Drop {
  /** Produced and received before the drop. */
  readonly before: number;
  /** Handed to the dead connection. */
  readonly inFlight: number;
  /** Produced before the reattach. */
  readonly away: number;
  /** Live output right behind the replay. */
  readonly behind: number;
  readonly confirmations: Confirmations;
  /** The server states `bytesDropped`. */
  readonly statesDropped: boolean;
  readonly ringBytes: number;
  /** The ring drops its oldest bytes in pieces of this size. */
  readonly ringGrain: number;
  /** Largest frame. */
  readonly frameBytes: number;
  /** Frames of random sizes up to `frameBytes`. */
  readonly randomFrames: boolean;
  /** Longest time between two frames, ms. */
  readonly paceMs: number;
}

export interface Outcome {
  readonly decision: ReplayDecision;
  readonly model: ReplayModel;
  /** Bytes of the replay that the client had received before. */
  readonly overlap: number;
  /** Bytes that the client got twice. */
  readonly duplicated: number;
  /** Bytes sent, never received before, and dropped. */
  readonly wronglyDropped: number;
  /** Bytes between what was received and what was sent. */
  readonly gap: number;
  /** The gap goes beyond what died in flight, which nobody can see. */
  readonly gapIsVisible: boolean;
  readonly gapFlagged: boolean;
  /** Longest that a byte was withheld, ms. */
  readonly withheldMs: number;
  readonly withheldBytes: number;
}

/** @throws Error when the client gets other bytes than those of the stream, or in another order. */
export class ReplayWorld {
  readonly delivered = new DeliveredOutput();
  readonly knowledge = new ReplayKnowledge();
  readonly #options: WorldOptions;
  readonly #stream: Uint8Array;
  readonly #random: () => number;
  #now = 1_000;
  #produced = 0;
  /** Received is the stream up to here, but for gaps. */
  #received = 0;
  #ringStart = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    const whole = terminalStream(options.kind);
    this.#stream = whole.subarray(Math.floor(this.#random() * 1_000_000));
    if (options.knowledge !== "unknown") this.knowledge.learn("server", options.knowledge);
  }

  /** A drop of the sizes that the prototype was measured with. */
  randomDrop(): Drop {
    const random = this.#random;
    const chance = (share: number) => random() < share;
    const upTo = (bytes: number) => Math.floor(random() * (bytes + 1));
    return {
      before: chance(0.15) ? upTo(200) : upTo(900_000),
      inFlight: chance(0.5) ? 0 : upTo(20_000),
      away: chance(0.15) ? 0 : chance(0.25) ? upTo(5_000) : upTo(400_000),
      behind: chance(0.6) ? 0 : upTo(60_000),
      confirmations: confirmationKinds[upTo(3)] ?? "none",
      statesDropped: chance(0.5),
      ringBytes: chance(0.8) ? 262_144 : 256_000,
      ringGrain: chance(0.7) ? 1 : 1 + upTo(32_767),
      frameBytes: chance(0.7) ? 32_768 : 1 + upTo(65_534),
      randomFrames: chance(0.5),
      paceMs: chance(0.7) ? 0 : 5,
    };
  }

  drop(drop: Drop): Outcome {
    this.#produced += drop.before;
    this.#receive(this.#received, this.#produced);
    this.#produced += drop.inFlight;
    const sent = this.#produced;
    this.#produced += drop.away;
    const oldest = this.#oldest(drop);
    const from = this.#options.model === "last-bytes" ? oldest : Math.max(sent, oldest);
    const replayEnd = this.#produced;
    this.#produced += drop.behind;
    const dropped = Math.max(0, oldest - sent);
    return this.#reattach(drop, from, replayEnd, dropped);
  }

  #oldest({ ringBytes, ringGrain }: Drop): number {
    const exact = Math.max(0, this.#produced - ringBytes);
    const start = Math.min(this.#produced, Math.ceil(exact / ringGrain) * ringGrain);
    // A ring never gets back what it has dropped.
    this.#ringStart = Math.max(this.#ringStart, start);
    return this.#ringStart;
  }

  #reattach(drop: Drop, from: number, replayEnd: number, dropped: number): Outcome {
    const before = this.#received;
    const model = this.knowledge.modelOf("server");
    const resolver = new ReplayResolver({ delivered: this.delivered, model, nowMs: this.#now });
    let decision: ReplayDecision | undefined;
    let watch: OverflowWatch | undefined;
    let overflow = false;
    let next = from;
    let withheldBytes = 0;
    let firstAt: number | undefined;
    let withheldMs = 0;
    const settle = (made: ReplayDecision | undefined) => {
      if (made === undefined) return;
      decision = made;
      withheldMs = firstAt === undefined ? 0 : this.#now - firstAt;
      next += made.repeated;
      const seenBytes = made.output.reduce((sum, piece) => sum + piece.length, 0);
      watch = new OverflowWatch({ seenBytes, nowMs: this.#now });
      for (const piece of made.output) next = this.#deliver(piece, next);
      if (made.learned !== undefined) this.knowledge.learn("server", made.learned);
    };
    const confirm = (bytesDropped: number | undefined) => {
      if (decision === undefined) settle(resolver.confirmation(bytesDropped));
      if (bytesDropped !== undefined) overflow = true;
    };
    const stated = drop.statesDropped && dropped > 0 ? dropped : undefined;
    if (drop.confirmations === "first") confirm(stated);
    if (drop.confirmations === "first and post-drain") confirm(undefined);
    let first = true;
    let drained = drop.confirmations !== "first and post-drain";
    for (let at = from; at < this.#produced; ) {
      const size = drop.randomFrames ? 1 + Math.floor(this.#random() * drop.frameBytes) : drop.frameBytes;
      const limit = drained ? this.#produced : Math.max(replayEnd, at);
      const payload = this.#stream.subarray(at, Math.min(limit, at + size));
      at += payload.length;
      if (payload.length > 0) {
        const arrival = this.#now + this.#random() * drop.paceMs;
        while (decision === undefined && (resolver.dueAt ?? arrival) < arrival) {
          this.#now = resolver.dueAt ?? arrival;
          settle(resolver.expire(this.#now));
        }
        this.#now = arrival;
        firstAt ??= this.#now;
        if (decision === undefined) {
          withheldBytes += payload.length;
          settle(resolver.push(payload, this.#now));
        } else {
          next = this.#deliver(payload, next);
          if (watch?.push(payload.length, this.#now)) overflow = true;
        }
        if (first && drop.confirmations === "after first output") confirm(stated);
        first = false;
      }
      if (!drained && at >= replayEnd) {
        drained = true;
        confirm(stated);
      }
    }
    if (decision === undefined) {
      if (!drained) confirm(stated);
      while (decision === undefined) {
        this.#now = resolver.dueAt ?? this.#now;
        settle(resolver.expire(this.#now));
      }
    }
    this.#now += 10_000;
    if (next !== this.#produced) throw new Error(`the client is at ${next}, the stream at ${this.#produced}`);
    const start = from + decision.repeated;
    this.#received = this.#produced;
    return {
      decision,
      model,
      overlap: Math.max(0, before - from),
      duplicated: Math.max(0, before - start),
      wronglyDropped: decision.repeated === 0 ? 0 : Math.max(0, start - Math.max(before, from)),
      gap: Math.max(0, from - before),
      gapIsVisible: from > before && (dropped > 0 || this.#options.model === "last-bytes"),
      gapFlagged: decision.kind === "gap" || overflow,
      withheldMs,
      withheldBytes,
    };
  }

  #receive(from: number, to: number): void {
    for (let at = from; at < to; at += 65_535) {
      this.delivered.append(this.#stream.subarray(at, Math.min(to, at + 65_535)));
    }
    this.#received = to;
  }

  /** @returns the offset behind it. */
  #deliver(piece: Uint8Array, at: number): number {
    const expected = this.#stream.subarray(at, at + piece.length);
    if (Buffer.compare(piece, expected) !== 0)
      throw new Error(`other bytes than those of the stream at ${at}`);
    this.delivered.append(piece);
    return at + piece.length;
  }
}
