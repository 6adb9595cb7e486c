// How much the web server takes from strangers: sizes, times, and the count of wrong tokens.
import { MAX_FRAME_BYTES } from "../../shared/channel.js";

/** S-43 of the security requirements; docs/security.md has them as a table. */
export const WEB_LIMITS = {
  /** Of the owner's sockets; a tab has two while it is looked at. And as many again that have shown no token: the oldest makes room. */
  sockets: 32,
  /** Of one link, whose holder must not use up what is there for others; all links together have as many as the owner. */
  linkSockets: 8,
  /** A WebSocket message, and its parts. */
  messageBytes: MAX_FRAME_BYTES,
  fragments: 64,
  /** From the upgrade to the token. */
  tokenMs: 2000,
  /** How long a page may take to read its last words; and when it is to see nothing more. */
  endMs: 5000,
  cutMs: 500,
  /** A request's headers, and the whole of it. */
  requestMs: 5000,
  headerBytes: 8 * 1024,
  bodyBytes: 4 * 1024,
  /** TCP connections that carry no WebSocket: the oldest makes room. */
  connections: 64,
} as const;

const FAILURES = 10;
const WINDOW_MS = 60_000;
const PENALTY_MS = 60_000;

/**
 * Invariant: after 10 wrong keys or tokens within a minute it is closed for a minute. That is for wrong ones alone: 256 bits are not
 * guessed at any pace, and a limit that kept the right ones out would let every user of this machine lock out its owner.
 */
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
