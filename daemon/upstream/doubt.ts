// Whether the service may have made a new shell that we have not noticed: then its "reconnected" says nothing about the old one.
import type { Attachment } from "./attachment.js";
import type { ConnectionEnd } from "./outcome.js";
import { neverArrived } from "./trouble.js";

/**
 * "Reconnected" compares with the service's last attachment. That is not the one we know when an upgrade was carried out and
 * its answer lost, or when a connection broke before it said whose it was.
 */
export class Doubt {
  #present = false;

  get present(): boolean {
    return this.#present;
  }

  /** A connection, or an attempt at one, has ended. */
  update(attachment: Attachment, end: ConnectionEnd): void {
    if (attachment.opened) this.#present = !attachment.settled;
    else if (isAnswerLost(end)) this.#present = true;
  }
}

/** The upgrade may have been carried out although it was not answered. */
export function isAnswerLost(end: ConnectionEnd): boolean {
  if (end.kind === "failed") return !neverArrived(end.code);
  // A gateway's word: what became of the request behind it, it does not know.
  return end.kind === "stopped" || (end.kind === "refused" && (end.status === 502 || end.status === 504));
}
