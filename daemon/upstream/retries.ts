// Counts attempts since the link was lost, and sees through connections that are made only to break again.

/** A connection that lived this long was a good one. */
const HEALTHY_MS = 10_000;

/** So many short-lived connections in a row are bad luck, and get the immediate retry of a good one. */
const BAD_LUCK = 3;

/** Times are monotonic milliseconds, handed in. */
export class Retries {
  #attempt = 1;
  #shortLives = 0;
  #lostAtMs: number;

  constructor(nowMs: number) {
    this.#lostAtMs = nowMs;
  }

  /** The number of the present or next attempt, from 1. */
  get attempt(): number {
    return this.#attempt;
  }

  sinceLossMs(nowMs: number): number {
    return nowMs - this.#lostAtMs;
  }

  /** A new beginning: what failed before says nothing about now. */
  restart(nowMs: number): void {
    this.#attempt = 1;
    this.#shortLives = 0;
    this.#lostAtMs = nowMs;
  }

  attemptFailed(): void {
    this.#attempt += 1;
  }

  /** A connection that was open for `ageMs` ended. */
  connectionEnded(ageMs: number, nowMs: number): void {
    this.#shortLives = ageMs >= HEALTHY_MS ? 0 : this.#shortLives + 1;
    if (this.#shortLives <= BAD_LUCK) this.#lostAtMs = nowMs;
    this.#attempt = Math.max(1, this.#shortLives - BAD_LUCK + 1);
  }
}
