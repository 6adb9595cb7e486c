// Lets few upgrades through at a time, so that many shells that lost their link together do not come back in one burst.
import type { Clock } from "./clock.js";

/** Our choice. */
const MAX_HANDSHAKES = 3;

/** An upgrade that waits for a microVM to start takes minutes; it must not keep the others out. */
const SLOW_HANDSHAKE_MS = 5_000;

interface Waiting {
  readonly isUrgent: () => boolean;
  readonly admit: () => void;
}

/**
 * Invariant: at most three upgrades are younger than five seconds and unanswered. Urgent ones (somebody is attached) go
 * first, then in the order of arrival; who is urgent is asked when there is room, not when the waiting began.
 */
export class Admission {
  readonly #clock: Clock;
  #inside = 0;
  #waiting: Waiting[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when an upgrade may start, with the function that says that it has been answered. @throws the signal's reason. */
  enter(isUrgent: () => boolean, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        isUrgent,
        admit: () => {
          signal.removeEventListener("abort", abort);
          resolve(this.#take());
        },
      };
      const abort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(signal.reason);
      };
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.push(waiting);
      this.#admitNext();
    });
  }

  #take(): () => void {
    this.#inside += 1;
    let isInside = true;
    const leave = () => {
      if (!isInside) return;
      isInside = false;
      cancel();
      this.#inside -= 1;
      this.#admitNext();
    };
    const cancel = this.#clock.setTimeout(leave, SLOW_HANDSHAKE_MS);
    return leave;
  }

  #admitNext(): void {
    while (this.#inside < MAX_HANDSHAKES) {
      const next = this.#waiting.find(({ isUrgent }) => isUrgent()) ?? this.#waiting[0];
      if (next === undefined) return;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      next.admit();
    }
  }
}
