// Who leads: the client whose size and whose terminal count (policy `latest`).
import type { Size } from "../../shared/size.js";

export interface Candidate {
  /** False for clients that only watch: read-only, `ignoreSize`, or no terminal. */
  readonly canLead: boolean;
  readonly size: Size;
  /** Order of arrival; higher is later. */
  readonly attached: number;
  /** Order of the last time it typed or asked to lead; 0 = never. Comparable with every other client's. */
  readonly typed: number;
}

/**
 * The client that typed last; while none has typed, the one that attached last; undefined when nobody may lead.
 * Pure: the same clients always give the same leader.
 */
export function leaderOf<C extends Candidate>(clients: Iterable<C>): C | undefined {
  let leader: C | undefined;
  for (const client of clients) {
    if (!client.canLead) continue;
    if (leader === undefined || ranksAbove(client, leader)) leader = client;
  }
  return leader;
}

function ranksAbove(a: Candidate, b: Candidate): boolean {
  return a.typed === b.typed ? a.attached > b.attached : a.typed > b.typed;
}
