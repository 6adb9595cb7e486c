// Judges output that nobody counts: what arrived leaves, doubled bytes are admitted, and what is missing was told.
import type { LinkEvent } from "../../../daemon/upstream/link.js";
import { type ReplayModel, RING_BYTES } from "../../../daemon/upstream/replay/replay-resolver.js";
import { OutputLosses } from "./output-losses.js";
import { positionOf } from "./position-code.js";
import type { ServiceTraits } from "./schedule.js";
import type { SimClock } from "./sim-clock.js";
import { type Piece, WithheldOutput } from "./withheld-output.js";

/** From the product's promises: nothing is withheld for longer. */
const LONGEST_MS = 2_000;
/** Shorter repetitions are what any two pieces of terminal output have in common. */
const ACCIDENT_BYTES = 64;
/** A repetition of this many bytes is no accident, and has to go. */
const STRONG_BYTES = 4_096;
/** A replay of this share of the ring counts as a full one. */
const FULL_SHARE = 0.75;
/** From the reference: a loss that was found so soon, with nothing printed for so long before, cannot be told from none. */
const PROMPT_MS = 2_000;
const QUIET_MS = 1_000;

export interface ReplayFigures {
  /** Withheld for a moment. */
  withheld: number;
  /** Not passed on, because it was passed on before. */
  repeated: number;
  /** Passed on twice, and said to be in doubt. */
  doubled: number;
  /** Passed on twice unsaid: shorter than what any two pieces of output have in common. */
  doubledShort: number;
  /** Passed on twice unsaid: a service that repeats was taken for one that does not. */
  doubledMistaken: number;
  /** Passed on twice unsaid: the replay began later than anything may be withheld. */
  doubledLate: number;
}

export interface ReplayOracleOptions {
  readonly clock: SimClock;
  readonly traits: ServiceTraits;
  /** What the product believes of this service. */
  believes(): ReplayModel;
  fail(message: string): void;
}

/** What was seen of one connection. Times are the world's. */
interface Seen {
  lastAt: number;
  lastOutputAt: number;
  sentAt: number;
  /** It ended with a close of the service's: everything had arrived. */
  isComplete: boolean;
}

export class ReplayOracle {
  readonly losses: OutputLosses;
  readonly figures: ReplayFigures = {
    withheld: 0,
    repeated: 0,
    doubled: 0,
    doubledShort: 0,
    doubledMistaken: 0,
    doubledLate: 0,
  };
  readonly #options: ReplayOracleOptions;
  readonly #withheld = new WithheldOutput();
  /** Of everything that arrived: when, and when the service had sent it. */
  readonly #arrivals: { readonly at: number; readonly sentAt: number }[] = [];
  #seen: Seen | undefined;
  /** The last connection before this one that was opened. */
  #before: Seen | undefined;
  #isReplaying = false;
  #isDeciding = false;
  #isAmbiguous = false;
  #wasAmbiguous = false;
  #openedAt = 0;
  #endedAt = 0;
  #believed: ReplayModel = "unknown";
  /** Nothing had come when it was decided. */
  #isLate = false;
  /** Passed on since the last shell that was known to be new. */
  #total = 0;
  /** This decision has to drop what was passed on before. */
  #mustDrop = false;

  constructor(options: ReplayOracleOptions) {
    this.#options = options;
    const isRingKnown = options.traits.ringBytes >= RING_BYTES;
    this.losses = new OutputLosses({ isRingKnown, fail: (message) => options.fail(message) });
  }

  /** A connection was opened. */
  opened(): void {
    if (this.#seen !== undefined) this.#before = this.#seen;
    const { world } = this.#options.clock;
    this.#openedAt = this.#options.clock.monotonic();
    this.#isLate = false;
    const sentAt = this.#arrivals.at(-1)?.sentAt ?? world;
    this.#seen = { lastAt: world, lastOutputAt: Number.NEGATIVE_INFINITY, sentAt, isComplete: false };
  }

  live(verdict: string): void {
    this.#isReplaying = verdict !== "first" && verdict !== "new";
    this.#isDeciding = false;
    this.#isAmbiguous = false;
    this.#believed = this.#options.believes();
    if (!this.#isReplaying) this.anew();
    // What a shell printed into an upgrade whose answer was lost, before we knew that it was there.
    if (verdict === "first") this.losses.dark({ from: 0, to: this.#options.clock.world });
  }

  /** It is known that the output from here on is that of a new shell. */
  anew(): void {
    this.#wasAmbiguous = false;
    this.#total = 0;
  }

  /** Something arrived that the service sent at `sentAt`. @param isOpen on a connection that is open */
  inbound(sentAt: number, isOpen: boolean): void {
    const { world } = this.#options.clock;
    this.#arrivals.push({ at: world, sentAt });
    if (this.#seen === undefined || !isOpen) return;
    this.#seen.lastAt = world;
    this.#seen.sentAt = sentAt;
  }

  /** The connection is over, by a close of the service's or otherwise. */
  ended(isComplete: boolean): void {
    if (this.#seen === undefined) return;
    this.#seen.isComplete = isComplete;
    this.#endedAt = this.#options.clock.world;
  }

  /** An upgrade has failed, which may have been answered: then what the service sent behind its answer is lost. */
  upgradeFailed(): void {
    if (this.#seen?.isComplete !== true) return;
    this.#seen.isComplete = false;
    this.#seen.lastAt = this.#endedAt;
  }

  arriving(stream: number, from: number, payload: Uint8Array): void {
    const { clock } = this.#options;
    this.settle();
    if (this.#seen !== undefined) this.#seen.lastOutputAt = clock.world;
    if (!this.#withheld.add(stream, from, payload.length, clock.monotonic())) {
      this.#options.fail(`the simulation is wrong: ${stream}:${from} does not follow`);
    }
  }

  /** @param mayKeep the process is leaving a shell that is not the one it had */
  arrived(mayKeep: boolean): void {
    if (!this.#isReplaying) this.#expectNothing(mayKeep);
    else this.figures.withheld += this.#withheld.bytes;
  }

  /** @param isLast the connection is over, so that nothing more can be learned */
  replayed(event: Extract<LinkEvent, { kind: "replayed" }>, isLast: boolean): void {
    const { clock, fail } = this.#options;
    const { piece, since } = this.#withheld;
    if (event.missing !== undefined) {
      const toWorld = (wall: number) => clock.world - (clock.now() - wall);
      const from = toWorld(event.missing.from);
      this.losses.told({ from: this.#sentAtOf(from), to: toWorld(event.missing.to) + 1 });
    }
    if (!this.#isReplaying) {
      if (event.missing === undefined) fail("a second word about a replay, with nothing in it");
      return;
    }
    const waited = clock.monotonic() - since;
    if (piece !== undefined && waited > LONGEST_MS + 1 && clock.stoppedUntil < clock.world - waited) {
      fail(`${this.#withheld.bytes} bytes were withheld for ${Math.round(waited)} ms`);
    }
    this.#isReplaying = false;
    this.#isDeciding = true;
    this.#isAmbiguous = event.ambiguous;
    this.#isLate = piece === undefined && clock.monotonic() - this.#openedAt >= LONGEST_MS;
    this.#noteDark(event.missing !== undefined);
    this.#mustDrop = !isLast && piece !== undefined && this.#isStrong(piece);
    this.#wasAmbiguous ||= event.ambiguous;
  }

  frame(payload: Uint8Array): void {
    const { fail } = this.#options;
    const taken = this.#withheld.take(payload, this.#isDeciding);
    if (taken === undefined) {
      const { piece } = this.#withheld;
      const expected = piece === undefined ? "nothing" : `${piece.stream}:${piece.from}..${piece.to}`;
      fail(`passed on ${payload.length} bytes (${positionOf(payload)}) where ${expected} was due`);
      return;
    }
    if (this.#isDeciding) this.#dropped(taken.dropped);
    this.#isDeciding = false;
    this.#total += payload.length;
    const again = this.losses.passed(taken.passed);
    if (again > 0) this.#doubled(again, taken.passed);
  }

  /** The turn in which something was decided is over: what was not passed on in it is dropped. */
  settle(): void {
    if (!this.#isDeciding) return;
    this.#isDeciding = false;
    const rest = this.#withheld.drop();
    if (rest !== undefined) this.#dropped(rest);
  }

  /** A connection is over: nothing of it is withheld any more. */
  over(mayKeep: boolean): void {
    this.settle();
    this.#expectNothing(mayKeep);
    this.#isReplaying = false;
  }

  #expectNothing(mayKeep: boolean): void {
    this.settle();
    const kept = this.#withheld.drop();
    if (kept === undefined || mayKeep) return;
    this.#options.fail(
      `${kept.to - kept.from} bytes that arrived (${kept.stream}:${kept.from}) were not passed on`,
    );
  }

  #dropped(piece: Piece): void {
    const length = piece.to - piece.from;
    if (length === 0) return;
    this.figures.repeated += length;
    if (this.losses.repeated(piece) < length) {
      this.#options.fail(
        `${length} bytes (${piece.stream}:${piece.from}) were dropped, not all of which were passed on before`,
      );
    }
  }

  #doubled(bytes: number, { stream, from }: Piece): void {
    const { fail } = this.#options;
    if (this.#mustDrop)
      fail(`${bytes} bytes (${stream}:${from}) were passed on twice, although that was clear`);
    if (this.#isAmbiguous) this.figures.doubled += bytes;
    else if (bytes < ACCIDENT_BYTES) this.figures.doubledShort += bytes;
    else if (this.#isLate) this.figures.doubledLate += bytes;
    else if (this.#isMistaken && (bytes < STRONG_BYTES || this.#wasAmbiguous))
      this.figures.doubledMistaken += bytes;
    else fail(`${bytes} bytes (${stream}:${from}) were passed on twice, and nobody was told`);
  }

  /** The service repeats, and is taken for one that does not: after a new shell that nobody noticed, or a ring too small. */
  get #isMistaken(): boolean {
    return this.#options.traits.replay === "last-bytes" && this.#believed === "since-detach";
  }

  /** The service repeats, the repetition is long, and its length follows the law: nothing else can be meant. */
  #isStrong({ stream, from, to }: Piece): boolean {
    const { traits } = this.#options;
    const high = this.losses.high(stream);
    const isLawful =
      (from === 0 && this.#total === high) ||
      (traits.ringBytes >= RING_BYTES && to - from >= FULL_SHARE * RING_BYTES);
    const isRepeated = from < high && high <= to && high - from >= STRONG_BYTES;
    const isClear = !this.#wasAmbiguous && this.losses.isWhole(stream) && this.#believed !== "since-detach";
    return isRepeated && isLawful && isClear;
  }

  /** What was lost just now, and was not told: it may be what cannot be known. */
  #noteDark(isTold: boolean): void {
    const before = this.#before;
    if (before === undefined) return;
    const { setBackAt, sleptAt, world } = this.#options.clock;
    // A sleep that the monotonic clock left out, and that a wall clock which was set back hides.
    if (Math.min(setBackAt, sleptAt) >= before.lastAt) this.losses.dark({ from: before.sentAt, to: world });
    if (isTold || before.isComplete) return;
    const wasQuiet = before.lastAt - before.lastOutputAt >= QUIET_MS;
    if (wasQuiet && world - before.lastAt < PROMPT_MS) this.losses.dark({ from: before.sentAt, to: world });
  }

  /** When the service had sent the last thing that had arrived at `at`. */
  #sentAtOf(at: number): number {
    for (let n = this.#arrivals.length - 1; n >= 0; n--) {
      const arrival = this.#arrivals[n];
      if (arrival !== undefined && arrival.at <= at + 1) return Math.min(at, arrival.sentAt);
    }
    return at;
  }
}
