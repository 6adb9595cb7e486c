// Judges how often a process knocks: bounded attempts per minute and second, and frames under the service's limit.

/** The densest row of the table: conflicts, tried again every second less a quarter, but only for ten seconds. */
const ATTEMPTS_PER_MINUTE = 40;
/** A few immediate retries may follow each other; a hot loop may not. */
const ATTEMPTS_PER_SECOND = 8;
/** From the protocol: more close the connection. */
const FRAMES_PER_SECOND = 250;

export class AttemptRate {
  count = 0;
  readonly #fail: (message: string) => void;
  readonly #times: number[] = [];
  #allowed = 0;
  #frameTimes: number[] = [];
  #connection: unknown;

  constructor(fail: (message: string) => void) {
    this.#fail = fail;
  }

  /** Something happened that is worth so many attempts more. */
  allow(attempts: number): void {
    this.#allowed += attempts;
  }

  add(now: number): void {
    this.count += 1;
    const times = this.#times;
    times.push(now);
    this.#check(now, times.length - 1 - ATTEMPTS_PER_MINUTE - this.#allowed, 60_000, "minute");
    this.#check(now, times.length - 1 - ATTEMPTS_PER_SECOND - this.#allowed, 1_000, "second");
  }

  /** A frame was sent on `connection`. */
  addFrame(now: number, connection: unknown): void {
    if (connection !== this.#connection) {
      this.#connection = connection;
      this.#frameTimes = [];
    }
    this.#frameTimes.push(now);
    const before = this.#frameTimes.at(-1 - FRAMES_PER_SECOND);
    if (before !== undefined && now - before < 1_000) this.#fail("more than 250 frames in a second");
  }

  #check(now: number, at: number, windowMs: number, what: string): void {
    const before = this.#times[at];
    if (before !== undefined && now - before < windowMs) {
      this.#fail(`${this.#times.length - at} attempts in a ${what}`);
    }
  }
}
