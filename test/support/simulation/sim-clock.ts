// Virtual time for simulations: one heap of events, with a process in it that can be stopped or put to sleep while the world goes on.
import type { Clock } from "../../../daemon/upstream/clock.js";

/** Of events that are due at the same time, the world's run first, then the process's timers, then what arrived for it. */
const Rank = { World: 0, Timer: 1, Arrival: 2 } as const;

interface SimEvent {
  at: number;
  readonly rank: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

const WALL_START_MS = Date.UTC(2026, 10, 21, 12, 0, 0);

/**
 * Invariants: time only moves forward, to the next event; timers and arrivals, which need the process, never run while it
 * is stopped; the wall clock is the only one that jumps. Times are whole milliseconds, as those of Node's timers are.
 */
export class SimClock implements Clock {
  #heap: SimEvent[] = [];
  #order = 0;
  #world = 0;
  #wallOffset = 0;
  #asleep = 0;
  #stoppedUntil = 0;
  #timers = 0;
  /** The last time that the wall clock was set back. */
  setBackAt = Number.NEGATIVE_INFINITY;
  /** The last time that the machine fell asleep. */
  sleptAt = Number.NEGATIVE_INFINITY;

  /** Milliseconds since the start, as the world outside sees them. */
  get world(): number {
    return this.#world;
  }

  /** What a correct wall clock shows. */
  get trueTime(): number {
    return WALL_START_MS + this.#world;
  }

  now(): number {
    return WALL_START_MS + this.#world + this.#wallOffset;
  }

  monotonic(): number {
    return this.#world - this.#asleep;
  }

  /** Until then the process does not run. */
  get stoppedUntil(): number {
    return this.#stoppedUntil;
  }

  /** Timers of the process that are armed. */
  get pendingTimers(): number {
    return this.#timers;
  }

  setTimeout(callback: () => void, delayMs: number): () => void {
    this.#timers += 1;
    const event = this.#push(this.#world + Math.max(1, delayMs), Rank.Timer, () => {
      this.#timers -= 1;
      callback();
    });
    return () => {
      if (event.callback === undefined) return;
      event.callback = undefined;
      this.#timers -= 1;
    };
  }

  /** Something that happens whether or not the process runs. */
  inWorld(at: number, callback: () => void): void {
    this.#push(at, Rank.World, callback);
  }

  /** Something that reaches the process. */
  arrive(at: number, callback: () => void): void {
    this.#push(at, Rank.Arrival, callback);
  }

  jumpWall(ms: number): void {
    if (ms < 0) this.setBackAt = this.#world;
    this.#wallOffset += Math.round(ms);
  }

  /** SIGSTOP and SIGCONT: timers are late. Nothing more when the process is stopped already. */
  stopProcess(ms: number): void {
    if (this.#stoppedUntil > this.#world) return;
    this.#stoppedUntil = this.#world + Math.ceil(ms);
  }

  /** The machine sleeps: its monotonic clock stands still, so that timers are not late, but everything else moved on. */
  sleep(durationMs: number): void {
    if (this.#stoppedUntil > this.#world) return;
    const ms = Math.ceil(durationMs);
    this.stopProcess(ms);
    this.sleptAt = this.#world;
    this.#asleep += ms;
    for (const event of this.#heap) if (event.rank === Rank.Timer) event.at += ms;
    // Sorted is a heap.
    this.#heap.sort((a, b) => (before(a, b) ? -1 : 1));
  }

  /** Runs the next event that is due by `until`; false when there is none, and time is then `until`. */
  step(until: number): boolean {
    for (;;) {
      const event = this.#heap[0];
      if (event === undefined || event.at > until) {
        this.#world = Math.max(this.#world, until);
        return false;
      }
      this.#pop();
      if (event.callback === undefined) continue;
      if (event.rank !== Rank.World && event.at < this.#stoppedUntil) {
        event.at = this.#stoppedUntil;
        this.#insert(event);
        continue;
      }
      const { callback } = event;
      event.callback = undefined;
      this.#world = event.at;
      callback();
      return true;
    }
  }

  #push(at: number, rank: number, callback: () => void): SimEvent {
    const event = { at: Math.ceil(Math.max(at, this.#world)), rank, order: this.#order++, callback };
    this.#insert(event);
    return event;
  }

  #insert(event: SimEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as SimEvent;
      if (!before(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as SimEvent;
    const { length } = heap;
    if (length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && before(heap[child + 1] as SimEvent, heap[child] as SimEvent)) child += 1;
      const below = heap[child] as SimEvent;
      if (!before(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: SimEvent, b: SimEvent): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.rank === b.rank ? a.order < b.order : a.rank < b.rank;
}
