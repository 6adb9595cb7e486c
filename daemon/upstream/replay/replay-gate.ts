// Stands between a connection and its shell: withholds what may be a replay until it is known what of it is new.
import { Channel } from "../../../shared/channel.js";
import { chunksOf, encodeFrame, framePayload } from "../../../shared/frame.js";
import type { Clock } from "../clock.js";
import { DeliveredOutput } from "./delivered-output.js";
import { OverflowWatch } from "./overflow-watch.js";
import type { ReplayKnowledge } from "./replay-knowledge.js";
import { type ReplayDecision, ReplayResolver } from "./replay-resolver.js";

/** So much text is hardly there twice by accident; where it is, a person is warned in vain. */
const TELLING_BYTES = 64;

export interface ReplayGateOptions {
  readonly clock: Clock;
  /** What was learned of servers, shared by all shells of a daemon. */
  readonly knowledge: ReplayKnowledge;
  /** Names the server in `knowledge`. */
  readonly server: string;
  onFrame(frame: Uint8Array): void;
}

/**
 * Only for servers that do not count their output; where they do, the offsets say what is new.
 *
 * Invariants: frames leave in the order they came; every byte that came leaves, but those that are proved to have left
 * before; what is withheld leaves when the connection ends.
 */
export class ReplayGate {
  readonly #options: ReplayGateOptions;
  readonly #delivered = new DeliveredOutput();
  #resolver: ReplayResolver | undefined;
  #onDecided: (decision: ReplayDecision) => boolean = () => false;
  /** Output may be missing from what was delivered: then a replay that repeats it has no border with it. */
  #hasHole = false;
  /** After a decision that was made early: whether the replay turns out to have filled the server's ring. */
  #overflow: OverflowWatch | undefined;
  #onOverflow: () => void = () => {};
  #counted = false;
  /** Bytes delivered on the present connection. */
  #deliveredHere = 0;
  #cancel: (() => void) | undefined;

  constructor(options: ReplayGateOptions) {
    this.#options = options;
  }

  /** The output that comes next is that of a new shell, or is counted by its server: all of it is new. */
  open(counted: boolean): void {
    this.#counted = counted;
    // What this connection has delivered already, before it was known whose it is, is that shell's too.
    const own = this.#deliveredHere > 0 ? this.#delivered.tail().subarray(-this.#deliveredHere) : undefined;
    this.#delivered.reset();
    if (own !== undefined) this.#delivered.append(own);
    this.#hasHole = false;
    // What is withheld is that shell's as well: it counts as delivered by it, and nothing of it can be there twice.
    if (this.#resolver !== undefined) this.#decide({ ...this.#resolver.flush(), kind: "fresh" });
    this.#overflow = undefined;
  }

  /**
   * The output that comes next may begin with a replay.
   * @param onDecided called once, before the output that was withheld; says whether output may be missing before it
   * @param onOverflow called at most once, later: the replay is as long as a full ring, so what came before it may be missing
   */
  beginReplay(onDecided: (decision: ReplayDecision) => boolean, onOverflow: () => void): void {
    const { clock, knowledge, server } = this.#options;
    // What the server counted was not kept, so nothing can be compared with it: all may be there twice.
    const isBlind = this.#counted;
    this.#counted = false;
    this.#onDecided = (decision) =>
      onDecided(isBlind && decision.kind === "fresh" ? { ...decision, kind: "ambiguous" } : decision);
    this.#onOverflow = onOverflow;
    this.#overflow = undefined;
    const [delivered, model, nowMs] = [this.#delivered, knowledge.modelOf(server), clock.monotonic()];
    this.#resolver = new ReplayResolver({ delivered, model, nowMs });
    this.#arm();
  }

  /** A STDOUT or STDERR frame. */
  push(frame: Uint8Array): void {
    if (this.#resolver === undefined || frame[0] !== Channel.Stdout) {
      this.#deliver(frame);
      if (frame[0] === Channel.Stdout) this.#watchOverflow(frame.length - 1);
      return;
    }
    const decision = this.#resolver.push(framePayload(frame), this.#options.clock.monotonic());
    if (decision === undefined) this.#arm();
    else this.#decide(decision);
  }

  /** A confirmation came; see `ReplayResolver`. */
  confirmation(bytesDropped: number | undefined): void {
    const decision = this.#resolver?.confirmation(bytesDropped);
    if (decision === undefined) this.#arm();
    else this.#decide(decision);
  }

  /** What was withheld is another shell's output, which nobody wants. */
  abandon(): void {
    this.#cancel?.();
    this.#resolver = undefined;
  }

  /** The connection ended. */
  end(): void {
    this.#settle();
    this.#deliveredHere = 0;
  }

  #settle(): void {
    if (this.#resolver !== undefined) this.#decide(this.#resolver.flush());
  }

  #arm(): void {
    this.#cancel?.();
    const { clock } = this.#options;
    const dueAt = this.#resolver?.dueAt;
    if (dueAt === undefined) return;
    this.#cancel = clock.setTimeout(
      () => {
        const decision = this.#resolver?.expire(clock.monotonic());
        if (decision === undefined) this.#arm();
        else this.#decide(decision);
      },
      Math.max(0, dueAt - clock.monotonic()),
    );
  }

  #decide(resolved: ReplayDecision): void {
    this.#cancel?.();
    const mayRepeat = resolved.kind === "fresh" && this.#hasHole && this.#knows(resolved.output);
    const decision = mayRepeat ? { ...resolved, kind: "ambiguous" as const } : resolved;
    this.#resolver = undefined;
    const { knowledge, server } = this.#options;
    if (decision.kind === "fresh") {
      const seenBytes = decision.output.reduce((sum, { length }) => sum + length, 0);
      this.#overflow = new OverflowWatch({ seenBytes, nowMs: this.#options.clock.monotonic() });
    }
    if (decision.learned !== undefined) knowledge.learn(server, decision.learned);
    if (this.#onDecided(decision) || decision.kind === "gap") this.#hasHole = true;
    for (const bytes of decision.output) {
      for (const chunk of chunksOf(bytes)) this.#deliver(encodeFrame(Channel.Stdout, chunk));
    }
  }

  /** Whether `output` begins with something that was delivered before. */
  #knows(output: readonly Uint8Array[]): boolean {
    const begin = Buffer.concat(output).subarray(0, TELLING_BYTES);
    return begin.length === TELLING_BYTES && Buffer.from(this.#delivered.tail()).includes(begin);
  }

  #watchOverflow(bytes: number): void {
    if (this.#overflow === undefined) return;
    if (this.#overflow.push(bytes, this.#options.clock.monotonic())) {
      this.#hasHole = true;
      this.#onOverflow();
    }
    if (this.#overflow.done) this.#overflow = undefined;
  }

  #deliver(frame: Uint8Array): void {
    if (!this.#counted && frame[0] === Channel.Stdout) {
      this.#delivered.append(framePayload(frame));
      this.#deliveredHere += frame.length - 1;
    }
    this.#options.onFrame(frame);
  }
}
