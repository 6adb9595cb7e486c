// Shares the event loop among all screens: short slices of parsing, one per turn, round robin.

/** One screen's pending work. */
export interface SlicedTask {
  /** Works until `now()` passes `deadline` or nothing is left; returns whether something is left. */
  runSlice(deadline: number): boolean;
}

export interface SlicerOptions {
  /** Runs `turn` in a later turn of the event loop, after pending I/O (`setImmediate`). */
  schedule(turn: () => void): void;
  /** Calls back after that long; returns how to give that up. */
  delay(callback: () => void, delayMs: number): () => void;
  /** A monotonic clock, milliseconds. */
  now(): number;
  readonly sliceMs?: number;
}

/** Our choice: measured to keep a keystroke's echo near 3 ms beside a flooding shell, at the full speed of the parser. */
const SLICE_MS = 1.5;

/**
 * Invariants: a task is in the queue at most once; a turn is scheduled exactly while the queue is not empty; one turn runs
 * one slice of one task, so the event loop is never held longer than a slice and one indivisible step.
 */
export class Slicer {
  readonly now: () => number;
  readonly delay: SlicerOptions["delay"];
  readonly #schedule: (turn: () => void) => void;
  readonly #sliceMs: number;
  readonly #queue = new Set<SlicedTask>();
  #scheduled = false;

  constructor(options: SlicerOptions) {
    this.now = () => options.now();
    this.delay = (callback, delayMs) => options.delay(callback, delayMs);
    this.#schedule = (turn) => options.schedule(turn);
    this.#sliceMs = options.sliceMs ?? SLICE_MS;
  }

  /** Asks for slices until `task` has nothing left; may be called at any time. */
  request(task: SlicedTask): void {
    this.#queue.add(task);
    this.#arm();
  }

  cancel(task: SlicedTask): void {
    this.#queue.delete(task);
  }

  #arm(): void {
    if (this.#scheduled || this.#queue.size === 0) return;
    this.#scheduled = true;
    this.#schedule(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    const [task] = this.#queue;
    if (task === undefined) return;
    this.#queue.delete(task);

    if (task.runSlice(this.now() + this.#sliceMs)) this.#queue.add(task);
    this.#arm();
  }
}
