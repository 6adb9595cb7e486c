// Draws the screens of clients anew that a change of size has made wrong, once for all changes of a moment.
import type { Clock } from "../upstream/clock.js";
import type { AttachedClient } from "./attached-client.js";

/** A program that is told of its new size has drawn itself by then, and a dragged window costs ten drawings a second at most. */
const REFIT_DELAY_MS = 100;

export class Refit {
  readonly #clock: Clock;
  readonly #marked = new Set<AttachedClient>();
  #isPlanned = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  mark(client: AttachedClient): void {
    this.#marked.add(client);
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#clock.setTimeout(() => this.#draw(), REFIT_DELAY_MS);
  }

  /** It has left. */
  forget(client: AttachedClient): void {
    this.#marked.delete(client);
  }

  #draw(): void {
    this.#isPlanned = false;
    const clients = [...this.#marked];
    this.#marked.clear();
    for (const client of clients) client.refit();
  }
}
