// What is not in order between the daemon and the shell, from the notice that says so to the one that ends it.
import type { Notice } from "../../../shared/notice.js";
import { noticeLine } from "../../../shared/notice-text.js";
import { inPageWords } from "../page-words.js";

/** Whose words fit: only an owner takes a shell back. */
export interface Reader {
  readonly mayTake: boolean;
}

export class Trouble {
  #notice: Notice | undefined;

  /** Another client has the shell; it can be had again by attaching with `take`. */
  get isTaken(): boolean {
    return this.#notice?.kind === "taken";
  }

  clear(): void {
    this.#notice = undefined;
  }

  /** Returns whether `notice` is about it, and `line` says it from now on. */
  note(notice: Notice): boolean {
    const begins = notice.kind === "lost" || notice.kind === "waiting" || notice.kind === "taken";
    if (begins || (notice.kind === "silent" && notice.seconds !== undefined)) this.#notice = notice;
    else if (notice.kind === "back" || notice.kind === "silent") this.#notice = undefined;
    return begins;
  }

  /** Undefined while everything is in order. @param now ms since 1970. */
  line(name: string, now: number, reader: Reader): string | undefined {
    if (this.#notice === undefined) return undefined;
    if (this.isTaken && !reader.mayTake)
      return `${name} was taken by another client · its owner can take it back`;
    return pageLine(name, this.#notice, now);
  }
}

/** A notice in one line, in the page's words. */
export function pageLine(name: string, notice: Notice, now: number): string | undefined {
  const line = noticeLine(name, notice, now);
  return line === undefined ? undefined : inPageWords(line);
}
