// Decides which bytes of a server's replay after a reattach were delivered before, without any help from the server.
import { BorderScan } from "./border.js";
import type { DeliveredOutput } from "./delivered-output.js";

/** What a server replays: output since it noticed the loss, or the last bytes of the stream, delivered or not. */
export type ReplayModel = "unknown" | "since-detach" | "last-bytes";

export interface ReplayDecision {
  /** To deliver now, in order. */
  readonly output: readonly Uint8Array[];
  /** Bytes withheld and dropped because they were delivered before. */
  readonly repeated: number;
  /**
   * `fresh`: all is new. `overlap`: the start was repeated and is dropped. `ambiguous`: all is delivered, and some of it
   * may be there twice. `gap`: all is delivered, and some output before it may be missing.
   */
  readonly kind: "fresh" | "overlap" | "ambiguous" | "gap";
  /** Strong evidence which model this server follows; of no worth when the shell turns out to be a new one. */
  readonly learned?: ReplayModel;
  /** True when the overlap proves that this is the same shell. */
  readonly sameShell: boolean;
}

export interface ReplayResolverOptions {
  readonly delivered: DeliveredOutput;
  readonly model: ReplayModel;
  /** Capacity of the server's replay buffer, bytes. */
  readonly ringBytes?: number;
  /** Monotonic. */
  readonly nowMs: number;
}

/** What the service documents. */
export const RING_BYTES = 262_144;
/** A burst that pauses for this long has ended. */
export const QUIET_MS = 150;
/** Nothing is withheld for longer; also how long a server may take to begin its replay. */
const LONGEST_MS = 2_000;
/** The same, once nothing can be a repetition and only the length of the replay is of interest. */
const LONGEST_HOPELESS_MS = 200;
/** A ring kept in chunks holds less than its capacity when it is full: this share of it counts as full. */
export const FULL_SHARE = 0.75;
/** A repetition of this many bytes is no accident. */
const STRONG_BYTES = 4_096;
/** The same, when it is everything that was ever delivered. */
const STRONG_WHOLE_BYTES = 64;
/** Shorter borders are what any two pieces of terminal output have in common. */
const ACCIDENT_BYTES = 64;
/** Another border of this length means that the output repeats itself: which of them is the overlap cannot be known. */
const RIVAL_BYTES = 1_024;
/** From a server that is known to repeat nothing, this many bytes that were delivered before are worth a closer look. */
const SUSPICION_BYTES = 1_024;
/** Pieces in which output is handed on: fits every frame limit behind us. */
const PIECE_BYTES = 32_768;

/**
 * Why it is decided now. `stated`: the server said that the replay has ended. `paused`: nothing came for a while, which may
 * also be a slow network. `late`: it goes on, but must not be withheld any longer. `enough`: more of it would change nothing.
 */
type Reason = "stated" | "paused" | "late" | "enough";

/**
 * Rules that must hold:
 * - Nothing is dropped on doubt. Dropped is only a prefix of the replay that equals the end of what was delivered (a border),
 *   and only when the replay is long enough to be one of a server that repeats: such a server replays all of its stream, or a
 *   full ring (the length law), which no repetition inside a short replay can feign.
 * - Of an output that repeats itself, nothing is dropped, unless the length alone says how much.
 * - Withheld is at most `ringBytes` and one frame, for at most 2 s.
 * - Work is linear in delivered plus replayed bytes, however the replay is cut.
 */
export class ReplayResolver {
  readonly #model: ReplayModel;
  readonly #total: number;
  readonly #ringBytes: number;
  readonly #kept: Uint8Array;
  readonly #scan: BorderScan;
  readonly #startMs: number;
  #firstMs: number | undefined;
  #lastMs: number;
  #confirmations = 0;
  #decided = false;
  #keptOwnBorder: number | undefined;

  constructor({ delivered, model, ringBytes = RING_BYTES, nowMs }: ReplayResolverOptions) {
    this.#model = model;
    this.#total = delivered.total;
    this.#ringBytes = ringBytes;
    this.#kept = delivered.tail();
    this.#scan = new BorderScan(this.#kept);
    this.#startMs = nowMs;
    this.#lastMs = nowMs;
  }

  /** Monotonic ms at which `expire` is due; undefined once decided. */
  get dueAt(): number | undefined {
    if (this.#decided) return undefined;
    if (this.#firstMs === undefined) return this.#startMs + LONGEST_MS;
    const hopeless = this.#scan.done && this.#scan.border < ACCIDENT_BYTES;
    return Math.min(this.#lastMs + QUIET_MS, this.#firstMs + (hopeless ? LONGEST_HOPELESS_MS : LONGEST_MS));
  }

  get decided(): boolean {
    return this.#decided;
  }

  /** A STDOUT payload. Returns the decision once there is one; undefined while withheld. */
  push(payload: Uint8Array, nowMs: number): ReplayDecision | undefined {
    if (this.#decided) return { output: [payload], repeated: 0, kind: "fresh", sameShell: false };
    if (payload.length === 0) return undefined;
    this.#firstMs ??= nowMs;
    this.#lastMs = nowMs;
    const scan = this.#scan;
    scan.push(payload);
    if (this.#total === 0) return this.#decide("fresh", 0);
    if (scan.length > this.#ringBytes) return this.#conclude("enough");
    if (this.#model === "since-detach") {
      const suspect = !scan.done && scan.length >= SUSPICION_BYTES && scan.length < STRONG_BYTES;
      return suspect ? undefined : this.#conclude("late");
    }
    if (!scan.done || !this.#isLawful) return undefined;
    const strong = this.#isStrong();
    if (!this.#isFull) return strong && this.#isWhole ? this.#conclude("enough") : undefined;
    // The rest of a burst costs nothing, and may still show that the output repeats itself.
    const wait = strong && this.#model === "unknown" && scan.length < this.#ringBytes;
    return wait ? undefined : this.#conclude("enough");
  }

  /** A confirmation. One with `bytesDropped` > 0 rules an overlap out; the second one after output ends the replay. */
  confirmation(bytesDropped: number | undefined): ReplayDecision | undefined {
    if (this.#decided) return undefined;
    this.#confirmations++;
    if (bytesDropped !== undefined && bytesDropped > 0) return this.#decide("gap", 0);
    return this.#confirmations > 1 && this.#scan.length > 0 ? this.#conclude("stated") : undefined;
  }

  /** Decides with what there is. Before it is due: undefined. */
  expire(nowMs: number): ReplayDecision | undefined {
    const due = this.dueAt;
    if (due === undefined || nowMs < due) return undefined;
    return this.#conclude(nowMs - this.#lastMs >= QUIET_MS ? "paused" : "late");
  }

  /** The connection ended: everything withheld comes out, for there may be no other chance. */
  flush(): ReplayDecision {
    if (this.#decided) return { output: [], repeated: 0, kind: "fresh", sameShell: false };
    const inside = !this.#scan.done;
    this.#scan.finish();
    const doubtful = (inside && this.#scan.length > 0) || this.#scan.border > 0;
    return this.#decide(doubtful ? "ambiguous" : "fresh", 0);
  }

  /** The length law: a server that repeats would have replayed as much. */
  get #isLawful(): boolean {
    return this.#scan.length > 0 && this.#scan.length >= Math.min(this.#total, this.#ringBytes * FULL_SHARE);
  }

  /** Everything that was ever delivered is what the replay begins with. Only once the scan is done. */
  get #isWhole(): boolean {
    return this.#total > 0 && this.#scan.border === this.#total;
  }

  get #isFull(): boolean {
    return this.#scan.length >= this.#ringBytes * FULL_SHARE;
  }

  #conclude(reason: Reason): ReplayDecision {
    const scan = this.#scan;
    const length = scan.length;
    // A replay that has not ended yet may still turn out to repeat what it lies inside of.
    const unfinished = (reason === "paused" || reason === "late") && !scan.done ? length : 0;
    scan.finish();
    const { border } = scan;
    const resembles = Math.max(unfinished, border) >= ACCIDENT_BYTES;
    if (this.#model === "since-detach") return this.#concludeDoubt(unfinished);
    if ((this.#isFull || this.#isWhole) && this.#isStrong()) {
      return this.#decide("overlap", border, border >= STRONG_BYTES ? "last-bytes" : undefined);
    }
    if (this.#isFull) return this.#decide(resembles ? "ambiguous" : "gap", 0);
    // A ring that is not full holds the stream from its start: the length alone says what is repeated.
    const ended = reason !== "late";
    if (this.#isWhole && this.#model === "last-bytes" && ended) return this.#decide("overlap", border);
    // Too short to be a repetition, if the replay has ended, and if what was delivered was counted right: an earlier doubt
    // may have delivered something twice.
    if (this.#isWhole || resembles) return this.#decide("ambiguous", 0);
    return this.#decide("fresh", 0, this.#isEvidence(reason) ? "since-detach" : undefined);
  }

  /** For a server that is known to repeat nothing: all is delivered, and a repetition only shakes what is known. */
  #concludeDoubt(unfinished: number): ReplayDecision {
    const { border, places } = this.#scan;
    const inside = unfinished >= STRONG_BYTES && places === 1 && !this.#isPeriodic(unfinished);
    if (inside || (border >= STRONG_BYTES && this.#isStrong()))
      return this.#decide("ambiguous", 0, "unknown");
    if (this.#isFull && border < ACCIDENT_BYTES && unfinished === 0) return this.#decide("gap", 0);
    return this.#decide(unfinished >= SUSPICION_BYTES ? "ambiguous" : "fresh", 0);
  }

  /**
   * True when a replay that is too short to be one of a server which repeats proves what the server is. A few bytes without
   * a stated end are no proof: a new shell's prompt looks just the same.
   */
  #isEvidence(reason: Reason): boolean {
    const { length } = this.#scan;
    if (reason === "late" || this.#total < STRONG_BYTES) return false;
    return length === 0 || length >= STRONG_BYTES || reason === "stated";
  }

  /** True when the border can be nothing but an overlap, as far as the bytes can tell. Linear over all calls. */
  #isStrong(): boolean {
    const { border } = this.#scan;
    const long = border >= STRONG_BYTES || (border === this.#total && border >= STRONG_WHOLE_BYTES);
    if (!long || this.#isPeriodic(border) || this.#scan.occursElsewhere()) return false;
    // Another place that the end of the replay, or the start of what is kept, cuts off.
    return this.#scan.ownBorder(this.#scan.length) < RIVAL_BYTES && !this.#keptRepeats;
  }

  /** True when the kept output ends as it starts. Linear, once. */
  get #keptRepeats(): boolean {
    if (this.#keptOwnBorder === undefined) {
      const scan = new BorderScan(new Uint8Array(0));
      scan.push(this.#kept);
      this.#keptOwnBorder = scan.ownBorder(this.#kept.length);
    }
    return this.#keptOwnBorder >= RIVAL_BYTES;
  }

  /** True when the replay's first `length` bytes fit onto themselves elsewhere: their period is half of them, or leaves much. */
  #isPeriodic(length: number): boolean {
    const rival = this.#scan.ownBorder(length);
    return rival * 2 >= length || rival >= RIVAL_BYTES;
  }

  #decide(kind: ReplayDecision["kind"], repeated: number, evidence?: ReplayModel): ReplayDecision {
    this.#decided = true;
    const rest = this.#scan.streamFrom(repeated);
    const output: Uint8Array[] = [];
    for (let at = 0; at < rest.length; at += PIECE_BYTES) output.push(rest.subarray(at, at + PIECE_BYTES));
    const contradicts = this.#model !== "unknown" && evidence !== undefined && evidence !== this.#model;
    const learned = contradicts ? "unknown" : evidence;
    return {
      output,
      repeated,
      kind,
      ...(learned === undefined ? {} : { learned }),
      sameShell: evidence === "last-bytes",
    };
  }
}
