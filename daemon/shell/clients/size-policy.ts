// Who leads, and how large the shell is: decided from the attached clients and the policy alone.
import type { Size, SizePolicy } from "../../../shared/size.js";

export interface Candidate {
  /** False for clients that only watch: read-only, `ignoreSize`, or no terminal. Their size does not count either. */
  readonly canLead: boolean;
  readonly size: Size;
  /** Order of arrival; higher is later. */
  readonly attached: number;
  /** Order of the last time it typed or asked to lead; 0 = never. Comparable with every other client's. */
  readonly typed: number;
  /** When it typed last before its connection was lost, monotonic milliseconds; -Infinity = never. */
  readonly typedBefore?: number;
}

export interface Decision<C> {
  /** Whose terminal is asked: the client that typed last; while none has typed, the one that
   * did so last before the daemon was restarted, else the one that attached last. */
  readonly leader: C | undefined;
  /** Undefined: the shell keeps the size that it has. */
  readonly size: Size | undefined;
}

/** Pure: the same clients under the same policy always give the same decision. */
export function decide<C extends Candidate>(clients: Iterable<C>, policy: SizePolicy): Decision<C> {
  const able = [...clients].filter(({ canLead }) => canLead);
  const leader = able.reduce<C | undefined>(
    (best, client) => (best === undefined || ranksAbove(client, best) ? client : best),
    undefined,
  );
  if (leader === undefined) return { leader, size: undefined };
  switch (policy) {
    case "latest":
      return { leader, size: leader.size };
    case "manual":
      return { leader, size: undefined };
    case "smallest":
      return { leader, size: combine(able, Math.min) };
    case "largest":
      return { leader, size: combine(able, Math.max) };
  }
}

/** Each dimension by itself, as tmux does: the result may be the size of no client. */
function combine(clients: readonly Candidate[], pick: (...sides: number[]) => number): Size {
  return {
    cols: pick(...clients.map(({ size }) => size.cols)),
    rows: pick(...clients.map(({ size }) => size.rows)),
  };
}

function ranksAbove(a: Candidate, b: Candidate): boolean {
  if (a.typed !== b.typed) return a.typed > b.typed;
  const [before = Number.NEGATIVE_INFINITY, other = Number.NEGATIVE_INFINITY] = [
    a.typedBefore,
    b.typedBefore,
  ];
  return before === other ? a.attached > b.attached : before > other;
}
