import { describe, expect, it } from "vitest";
import { missingOutput, replayedEvent } from "../../../../daemon/upstream/missing-output.js";

type Case = readonly [
  what: string,
  kind: "fresh" | "overlap" | "ambiguous" | "gap",
  before: { outputInDoubtSince?: number; lastOutputAt?: number; endedAt?: number } | undefined,
  nowMs: number,
  expected: { from: number; to: number } | undefined,
];

it.each<Case>([
  ["a first connection lost nothing", "fresh", undefined, 9_000, undefined],
  ["an orderly close delivered everything", "fresh", { lastOutputAt: 8_999 }, 9_000, undefined],
  ["an overlap proves that nothing is missing", "overlap", { outputInDoubtSince: 1_000 }, 9_000, undefined],
  [
    "a link that was dead for seconds may have swallowed output",
    "fresh",
    { outputInDoubtSince: 1_000 },
    9_000,
    { from: 1_000, to: 9_000 },
  ],
  [
    "so may a cut in the middle of output",
    "fresh",
    { outputInDoubtSince: 8_900, lastOutputAt: 8_900 },
    9_000,
    { from: 8_900, to: 9_000 },
  ],
  [
    "a cut of a quiet link lost nothing",
    "fresh",
    { outputInDoubtSince: 8_900, lastOutputAt: 2_000 },
    9_000,
    undefined,
  ],
  ["the same when it never printed", "ambiguous", { outputInDoubtSince: 8_900 }, 9_000, undefined],
  [
    "a full ring without an overlap is a gap, however the link ended",
    "gap",
    { lastOutputAt: 7_000 },
    9_000,
    { from: 7_000, to: 9_000 },
  ],
  [
    "the same after a connection without output: the gap begins with its end",
    "gap",
    { endedAt: 8_000 },
    9_000,
    { from: 8_000, to: 9_000 },
  ],
])("%s", (_what, kind, before, nowMs, expected) => {
  const uncertainty = before && {
    inputInDoubt: 0,
    outputInDoubtSince: before.outputInDoubtSince,
    lastOutputAt: before.lastOutputAt,
    endedAt: before.endedAt ?? 8_950,
  };
  expect(missingOutput({ kind }, uncertainty, nowMs)).toEqual(expected);
});

describe("replayedEvent", () => {
  it("names the time before a sleep in which the monotonic clock stood still", () => {
    const HOUR = 3_600_000;
    const before = {
      inputInDoubt: 0,
      outputInDoubtSince: 900,
      lastOutputAt: 800,
      endedAt: 1_000,
      wallAheadMs: 50_000,
    };
    const clock = { now: () => 50_000 + 5_000 + HOUR, monotonic: () => 5_000 };
    const { missing } = replayedEvent({ kind: "fresh" }, before, clock);
    expect(missing).toEqual({ from: 50_900, to: 55_000 + HOUR });
  });

  it("counts a sleep as time in which the link was dead", () => {
    const before = {
      inputInDoubt: 0,
      outputInDoubtSince: 9_000,
      lastOutputAt: 800,
      endedAt: 9_100,
      wallAheadMs: 0,
    };
    const at = (sleptMs: number) => ({ now: () => 9_200 + sleptMs, monotonic: () => 9_200 });
    expect(replayedEvent({ kind: "fresh" }, before, at(0)).missing).toBeUndefined();
    expect(replayedEvent({ kind: "fresh" }, before, at(60_000)).missing).toBeDefined();
  });
});
