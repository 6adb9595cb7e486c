// A clock that stands still until a test moves it.
import type { Clock } from "../../daemon/upstream/clock.js";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #nowMs: number;
  #elapsedMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(nowMs: number = Date.UTC(2026, 10, 21, 12, 0, 0)) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  setTimeout(callback: () => void, delayMs: number): () => void {
    const timer: Timer = { at: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Moves time, running each timer at its time; promises that a timer settles are settled before the next one runs. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsedMs + ms;
    await settle();
    for (let timer = this.#next(until); timer !== undefined; timer = this.#next(until)) {
      this.#timers.delete(timer);
      this.#elapsedMs = timer.at;
      timer.callback();
      await settle();
    }
    this.#elapsedMs = until;
  }

  /** As if the process had been stopped for `ms`: time passes, and no timer runs until the next `advance`. */
  freeze(ms: number): void {
    this.#elapsedMs += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at >= this.#elapsedMs) continue;
      this.#timers.delete(timer);
      this.#timers.add({ ...timer, at: this.#elapsedMs });
    }
  }

  #next(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > until) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) {
        next = timer;
      }
    }
    return next;
  }
}

/** Lets everything run that waits only for promises. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
