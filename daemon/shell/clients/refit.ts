// Draws the screens of clients anew that stand wrong: after a change of size, and where the output is of another size.
import type { Clock } from "../../upstream/clock.js";
import type { AttachedClient } from "./attached-client.js";

/** A program that is told of its new size has drawn itself by then, and a dragged window costs ten drawings a second at most. */
const REFIT_DELAY_MS = 100;
/** In a window that is too small, output wraps and scrolls where the shell's does not. It stands wrong for so long at most. */
const MEND_DELAY_MS = 500;
/** In one that is too small for a full-screen program, which is shown there by drawings alone. */
const DRAWN_EVERY_MS = 100;
/** In one that is larger, text flows on, and only what wraps or scrolls at the shell's edges goes astray: put right in a pause. */
const PAUSE_MS = 300;

interface Plan {
  readonly atMs: number;
  /** More output puts it off. */
  readonly inPause: boolean;
  readonly cancel: () => void;
}

/** Invariant: a client is drawn at least once after the last mark, and once for all marks of a moment. */
export class Refit {
  readonly #clock: Clock;
  readonly #planned = new Map<AttachedClient, Plan>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A change of size has made its screen wrong. */
  mark(client: AttachedClient): void {
    this.#plan(client, REFIT_DELAY_MS);
  }

  /** Output has made its screen wrong. */
  markCropped(client: AttachedClient): void {
    if (!this.#planned.has(client)) this.#plan(client, MEND_DELAY_MS);
  }

  /** Output was not sent to it: it sees drawings only. */
  markDrawn(client: AttachedClient): void {
    this.#plan(client, DRAWN_EVERY_MS);
  }

  /** Output may have made its screen wrong, which is larger than the shell's. */
  markRoomy(client: AttachedClient): void {
    const planned = this.#planned.get(client);
    if (planned !== undefined && !planned.inPause) return;
    planned?.cancel();
    this.#planned.delete(client);
    this.#plan(client, PAUSE_MS, true);
  }

  /** It has left. */
  forget(client: AttachedClient): void {
    this.#planned.get(client)?.cancel();
    this.#planned.delete(client);
  }

  #plan(client: AttachedClient, delayMs: number, inPause = false): void {
    const atMs = this.#clock.monotonic() + delayMs;
    const planned = this.#planned.get(client);
    if (planned !== undefined && planned.atMs <= atMs) return;
    planned?.cancel();
    const draw = () => {
      this.#planned.delete(client);
      client.refit();
    };
    this.#planned.set(client, { atMs, inPause, cancel: this.#clock.setTimeout(draw, delayMs) });
  }
}
