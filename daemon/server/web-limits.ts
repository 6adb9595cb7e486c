// How much the web server takes from strangers: sizes, times, and the count of wrong tokens.
import { MAX_FRAME_BYTES } from "../../shared/channel.js";

/** S-43 of the security requirements; docs/security.md has them as a table. */
export const WEB_LIMITS = {
  /** Of sockets that have shown a token; and as many again that have not, the oldest of which makes room. */
  sockets: 8,
  /** A WebSocket message, and its parts. */
  messageBytes: MAX_FRAME_BYTES,
  fragments: 64,
  /** From the upgrade to the token. */
  tokenMs: 2000,
  /** A request's headers, and the whole of it. */
  requestMs: 5000,
  headerBytes: 8 * 1024,
  bodyBytes: 4 * 1024,
  /** TCP connections at a time. */
  connections: 64,
} as const;

const FAILURES = 10;
const WINDOW_MS = 60_000;
const PENALTY_MS = 60_000;

/** Invariant: after 10 wrong keys or tokens within a minute, none is looked at for a minute. */
export class FailureLimit {
  readonly #now: () => number;
  #failures: number[] = [];
  #closedUntil = Number.NEGATIVE_INFINITY;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  get isClosed(): boolean {
    return this.#now() < this.#closedUntil;
  }

  count(): void {
    const now = this.#now();
    this.#failures = [...this.#failures.filter((at) => now - at < WINDOW_MS), now];
    if (this.#failures.length < FAILURES) return;
    this.#closedUntil = now + PENALTY_MS;
    this.#failures = [];
  }
}
