// One run at a time in a shell: the others wait in the order in which they came.
import { AgentdError } from "../../../shared/errors.js";

/** More than so many that wait are a program gone wild. */
const MAX_WAITING = 32;

/** Invariant: at most one holder; whoever stops waiting never becomes it. */
export class RunLane {
  #isTaken = false;
  readonly #waiting: (() => void)[] = [];

  /**
   * Resolves when it is the caller's turn, with what ends the turn.
   * @throws AgentdError `too_busy`; rejects with the signal's reason when it is aborted first.
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#isTaken) {
      if (this.#waiting.length >= MAX_WAITING) {
        throw new AgentdError(
          "too_busy",
          `${MAX_WAITING} runs wait for this shell already · try again later`,
        );
      }
      await this.#turn(signal);
    }
    this.#isTaken = true;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#isTaken = false;
      else next();
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(called), 1);
        reject(signal.reason);
      };
      const called = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      this.#waiting.push(called);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}
