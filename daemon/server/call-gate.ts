// How many calls one client may make: at once, and in a second.
import { AgentdError } from "../../shared/errors.js";

/** Our choice (docs/protocol.md): more than any client needs, less than what makes others wait. */
const MAX_IN_FLIGHT = 64;
const MAX_CALLS_PER_SECOND = 200;

export type CallId = string | number;

/**
 * One client's calls in flight, and a bucket of 200 calls that fills at 200 a second.
 *
 * Invariant: an id is in `#inFlight` from `enter` until `leave`, so an answer can never be taken for that of another call.
 */
export class CallGate {
  readonly #now: () => number;
  readonly #inFlight = new Set<CallId>();
  #allowance = MAX_CALLS_PER_SECOND;
  #countedAt: number;

  /** @param now monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#countedAt = now();
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Counts one line, good or bad. @throws AgentdError `too_busy`. */
  count(): void {
    const now = this.#now();
    const earned = ((now - this.#countedAt) * MAX_CALLS_PER_SECOND) / 1000;
    this.#allowance = Math.min(MAX_CALLS_PER_SECOND, this.#allowance + earned);
    this.#countedAt = now;
    if (this.#allowance < 1)
      throw new AgentdError("too_busy", `more than ${MAX_CALLS_PER_SECOND} calls in a second`);
    this.#allowance--;
  }

  /** @throws AgentdError `too_busy` or, for an id that is in flight, `invalid_request`. */
  enter(id: CallId): void {
    if (this.#inFlight.has(id)) {
      throw new AgentdError("invalid_request", "this id belongs to a call that is not answered yet");
    }
    if (this.#inFlight.size >= MAX_IN_FLIGHT) {
      throw new AgentdError("too_busy", `more than ${MAX_IN_FLIGHT} calls are waiting for their answers`);
    }
    this.#inFlight.add(id);
  }

  leave(id: CallId): void {
    this.#inFlight.delete(id);
  }
}
