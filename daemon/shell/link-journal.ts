// What is remembered of a shell's link from one event to the next, and what the clients are told of each.
import type { BackNotice, Notice, Verdict } from "../../shared/notice.js";
import type { LinkEvent, TimeSpan } from "../upstream/link.js";
import { noticeOf } from "./link-notices.js";

/**
 * Invariant: input in doubt is told with every loss and with the next return, and then forgotten; what is found out later
 * about that return does not hide it.
 */
export class LinkJournal {
  #lives = 0;
  #planned = false;
  #inDoubt = 0;
  #verdict: Verdict | undefined;
  #pid: number | undefined;
  #possibleGap: TimeSpan | undefined;
  /** What was told of the present connection. */
  #back: BackNotice | undefined;

  /** The shell was live before in this process. */
  get wasLive(): boolean {
    return this.#lives > 0;
  }

  /** This is the first connection of this process: what an older shell's screen showed before is not known. */
  get isFirstLife(): boolean {
    return this.#lives === 1;
  }

  /** Whose shell the last reconnect has found. */
  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  /** The last time whose output may be missing; wall clock milliseconds. */
  get possibleGap(): TimeSpan | undefined {
    return this.#possibleGap;
  }

  /**
   * Takes an event in, and returns what clients are told of it.
   * @param held typed bytes that wait for the link
   */
  note(event: LinkEvent, held: number): Notice | undefined {
    const again = this.wasLive;
    if (event.kind === "live" || event.kind === "lost") this.#back = undefined;
    if (event.kind === "lost") {
      this.#planned = event.planned === true;
      this.#inDoubt += event.inDoubt ?? 0;
    } else if (event.kind === "live") {
      this.#lives += 1;
      this.#pid = event.pid ?? this.#pid;
    } else if (event.kind === "replayed") {
      this.#possibleGap = event.missing ?? this.#possibleGap;
    }
    if ((event.kind === "live" || event.kind === "confirmed") && event.verdict !== "first") {
      this.#verdict = event.verdict;
    }
    const notice = noticeOf(event, { again, planned: this.#planned, held, inDoubt: this.#inDoubt });
    if (notice?.kind === "back") {
      this.#inDoubt = 0;
      this.#back = notice;
    }
    return notice?.kind === "replayed" && this.#back !== undefined ? { ...notice, back: this.#back } : notice;
  }
}
