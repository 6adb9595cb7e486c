// One message of a kind in five seconds: what a program can make appear outside its own screen is rationed.

const TURN_MS = 5_000;

export class OutputTurns {
  readonly #now: () => number;
  readonly #last = new Map<string, number>();

  /** @param now milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes the turn of `kind`; false when there was one less than five seconds ago. */
  take(kind: string): boolean {
    const now = this.#now();
    if (now - (this.#last.get(kind) ?? Number.NEGATIVE_INFINITY) < TURN_MS) return false;
    this.#last.set(kind, now);
    return true;
  }
}
