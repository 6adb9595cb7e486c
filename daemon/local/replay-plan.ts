// What a connection gets of the output that was there before it: where the stream starts, and what is missing.
import type { Knobs } from "./knobs.js";

/** Exact mode: what the client has of which incarnation; `*` when it knows of none. */
export interface Have {
  readonly epoch: string;
  readonly offset: number;
}

/** Reads `<epoch>:<offset>`; undefined when it is neither that nor `*:0`. */
export function parseHave(header: string | readonly string[] | undefined): Have | undefined {
  const match = /^([0-9a-f-]{36}|\*):(\d{1,15})$/.exec(typeof header === "string" ? header : "");
  return match?.[1] === undefined ? undefined : { epoch: match[1], offset: Number(match[2]) };
}

export interface ReplaySituation {
  readonly epoch: string;
  /** What the ring holds: absolute offsets. */
  readonly start: number;
  readonly end: number;
  /** Everything before this was handed to an earlier connection. */
  readonly delivered: number;
  /** Another connection is attached and is being replaced. */
  readonly replaces: boolean;
  readonly have: Have | undefined;
}

export interface ReplayPlan {
  /** Absolute offset of the first byte that the connection gets. */
  readonly from: number;
  /** Absolute offset after the last byte that is a replay. */
  readonly end: number;
  /** Bytes that it should have had and that the ring no longer holds. */
  readonly dropped: number;
}

/** Pure: the exact mode needs no model; the service's two possible models are told apart by the knobs. */
export function planReplay(
  { epoch, start, end, delivered, replaces, have }: ReplaySituation,
  knobs: Pick<Knobs, "replayModel" | "replayOnReplace">,
): ReplayPlan {
  if (have !== undefined) {
    // A client that knows of nothing gets all that is left. What was delivered before is not lost for that.
    if (have.epoch !== epoch) return { from: start, end, dropped: Math.max(0, start - delivered) };
    const offset = Math.min(have.offset, end);
    const from = Math.max(start, offset);
    return { from, end, dropped: from - offset };
  }
  const dropped = Math.max(0, start - delivered);
  const since = Math.max(start, delivered);
  if (replaces) return { from: knobs.replayOnReplace === "none" ? since : start, end, dropped };
  return { from: knobs.replayModel === "since-detach" ? since : start, end, dropped };
}

/** Cuts `bytes` into pieces of `size`, or at seeded random places of 1 to `size` bytes: cuts fall inside characters too. */
export function* replayPieces(bytes: Uint8Array, size: number, seed: number | null): Generator<Uint8Array> {
  let state = (seed ?? 0) >>> 0;
  for (let at = 0; at < bytes.length; ) {
    // Numerical Recipes' linear congruential generator: repeatable, and good enough to cut at odd places.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const length = seed === null ? size : 1 + (state % size);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
