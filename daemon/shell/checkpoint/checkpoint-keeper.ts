// Decides when a local shell's screen is handed to the local runtime, so that the daemon that comes next can go on from it.

import { type Size, sameSize } from "../../../shared/size.js";
import { MAX_CHECKPOINT_BYTES, type Snapshot } from "../../../shared/snapshot.js";
import type { Clock } from "../../upstream/clock.js";
import type { CheckpointAnswer } from "../../upstream/local/local-checkpoints.js";
import type { OutputPath } from "../output/output-path.js";

/** What outlives the daemon; daemon/upstream's `LocalCheckpoints`, for one shell. */
export interface CheckpointPlace {
  /** What an earlier daemon left; once. */
  take(): Snapshot | undefined;
  /** Never rejects. */
  save(checkpoint: Snapshot): Promise<CheckpointAnswer>;
}

/** Less output than this since the last one is replayed as fast as a screen is drawn. */
const WORTH_BYTES = 64 * 1024;
/** So often it is looked whether the output pauses. */
const LOOK_EVERY_MS = 500;
/** ... and of output that does not pause, one is made at this length, as often as this: 1 MiB is replayed, so the next one comes in time. */
const BUSY_BYTES = 192 * 1024;
const BUSY_EVERY_MS = 2_000;
/** More than this between two looks is a flood: one made now would be of no use before it is stored. */
const FLOOD_BYTES = 768 * 1024;
/** Of a scrollback that is too long as a whole: lines are not equally long. */
const SURE_SHARE = 0.8;
/** At the daemon's end. */
const LAST_MS = 2_000;

type Output = Pick<OutputPath, "epoch" | "offset" | "isCounted" | "size" | "snapshot" | "watchers">;

/** Invariants: one checkpoint at a time; an idle shell costs nothing, a frame of output two comparisons. */
export class CheckpointKeeper {
  readonly #place: CheckpointPlace;
  readonly #clock: Clock;
  readonly #output: Output;
  readonly #stopWatching: () => void;
  #epoch: string | undefined;
  /** Where the last one was made. */
  #doneAt = 0;
  #doneMs = Number.NEGATIVE_INFINITY;
  #seenAt = 0;
  #size: Size;
  #cancel: (() => void) | undefined;
  #making: Promise<void> | undefined;
  /** The last one was not taken: by the pace it was made all the same, but not at the daemon's end. */
  #isRefused = false;
  #stopped = false;

  /** Undefined where a screen cannot outlive the daemon. */
  static of(place: CheckpointPlace | undefined, clock: Clock, output: Output): CheckpointKeeper | undefined {
    return place === undefined ? undefined : new CheckpointKeeper(place, clock, output);
  }

  private constructor(place: CheckpointPlace, clock: Clock, output: Output) {
    this.#place = place;
    this.#clock = clock;
    this.#output = output;
    this.#size = output.size;
    this.#stopWatching = output.watchers.add(() => this.#watch());
  }

  /** What an earlier daemon left of this shell; once. */
  take(): Snapshot | undefined {
    const found = this.#place.take();
    if (found !== undefined) [this.#epoch, this.#doneAt] = [found.epoch, found.offset];
    return found;
  }

  /** A program may have nothing to say to its new size. */
  noteResize(): void {
    this.#watch();
  }

  /** The daemon ends, or the shell. @param isOver nobody will look for the shell again */
  async stop(isOver: boolean): Promise<void> {
    this.#stopWatching();
    this.#cancel?.();
    const wasStopped = this.#stopped;
    this.#stopped = true;
    if (isOver || wasStopped) return;
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#clock.setTimeout(resolve, LAST_MS);
    });
    await Promise.race([this.#makeLast(), late]);
    cancel();
  }

  /** Output does not tell of sizes: all of it would be replayed for the one that the shell has at last. */
  get #hasNewSize(): boolean {
    return !sameSize(this.#size, this.#output.size);
  }

  get #grown(): number {
    const { epoch, offset } = this.#output;
    return epoch === this.#epoch ? offset - this.#doneAt : offset;
  }

  #watch(): void {
    if (
      this.#cancel !== undefined ||
      this.#making !== undefined ||
      this.#stopped ||
      !this.#output.isCounted ||
      (this.#grown < WORTH_BYTES && !this.#hasNewSize)
    )
      return;
    this.#seenAt = this.#output.offset;
    this.#cancel = this.#clock.setTimeout(() => this.#look(), LOOK_EVERY_MS);
  }

  #look(): void {
    this.#cancel = undefined;
    const since = this.#output.offset - this.#seenAt;
    const isAnother = this.#clock.monotonic() - this.#doneMs >= BUSY_EVERY_MS;
    const isDue =
      since === 0
        ? isAnother || this.#grown >= WORTH_BYTES
        : isAnother && this.#grown >= BUSY_BYTES && since < FLOOD_BYTES;
    if (!isDue) {
      this.#watch();
      return;
    }
    // None is being made: the next look is planned when it is done.
    this.#making = this.#make().finally(() => {
      this.#making = undefined;
      this.#watch();
    });
  }

  async #makeLast(): Promise<void> {
    await this.#making;
    if (this.#isRefused || this.#grown > 0 || this.#hasNewSize) await this.#make();
  }

  async #make(): Promise<void> {
    const output = this.#output;
    if (!output.isCounted) return;
    this.#size = output.size;
    this.#doneMs = this.#clock.monotonic();
    // A screen that cannot be drawn, or is disposed of: then there is none of it.
    const checkpoint = await this.#draw().catch(() => undefined);
    if (checkpoint === undefined) return;
    const answer = await this.#place.save(checkpoint);
    if (answer === "unknown") this.#stopped = true;
    this.#isRefused = answer === "refused";
    [this.#epoch, this.#doneAt] = [checkpoint.epoch, checkpoint.offset];
  }

  async #draw(): Promise<Snapshot | undefined> {
    const draw = (history: boolean | number) =>
      this.#output.snapshot({ size: this.#output.size, history }, true);
    const whole = await draw(true);
    if (whole.bytes.length <= MAX_CHECKPOINT_BYTES) return whole;
    const newest = await draw((SURE_SHARE * MAX_CHECKPOINT_BYTES) / whole.bytes.length);
    if (newest.bytes.length <= MAX_CHECKPOINT_BYTES) return newest;
    const screen = await draw(false);
    return screen.bytes.length <= MAX_CHECKPOINT_BYTES ? screen : undefined;
  }
}
