import { expect, it } from "vitest";
import { momentOf } from "../../../../../daemon/upstream/clock.js";
import { missingOutput } from "../../../../../daemon/upstream/replay/missing-output.js";

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
  const at = (ms: number) => ({ ms, wallMs: ms });
  const uncertainty = before && {
    inputInDoubt: 0,
    outputInDoubtSince: before.outputInDoubtSince === undefined ? undefined : at(before.outputInDoubtSince),
    lastOutputAt: before.lastOutputAt,
    endedAt: at(before.endedAt ?? 8_950),
  };
  expect(missingOutput({ kind }, uncertainty, at(nowMs))).toEqual(expected);
});

it("the time that the machine slept counts, of which the monotonic clock knows nothing", () => {
  const before = {
    inputInDoubt: 0,
    outputInDoubtSince: { ms: 8_900, wallMs: 100_000 },
    lastOutputAt: undefined,
    endedAt: { ms: 8_950, wallMs: 700_000 },
  };
  const now = { ms: 9_000, wallMs: 700_050 };
  expect(missingOutput({ kind: "fresh" }, before, now)).toEqual({ from: 100_000, to: 700_050 });
});

it("a wall clock that was set back hides nothing", () => {
  const before = {
    inputInDoubt: 0,
    outputInDoubtSince: { ms: 1_000, wallMs: 100_000 },
    lastOutputAt: undefined,
    endedAt: { ms: 1_000, wallMs: 100_000 },
  };
  const now = { ms: 9_000, wallMs: 50_000 };
  expect(missingOutput({ kind: "fresh" }, before, now)).toEqual({ from: 42_000, to: 50_000 });
});

it("counts a sleep also when the wall clock was set back before it, by more than the sleep was long", () => {
  let [ms, wallMs] = [1_000, 90_000_000];
  const clock = { monotonic: () => ms, now: () => wallMs };
  const before = {
    inputInDoubt: 0,
    outputInDoubtSince: momentOf(clock),
    lastOutputAt: ms,
    endedAt: momentOf(clock),
  };
  wallMs -= 40_000_000;
  momentOf(clock);
  ms += 2_000;
  wallMs += 2_000 + 600_000;
  const to = wallMs;
  expect(missingOutput({ kind: "fresh" }, before, momentOf(clock))).toEqual({ from: to - 602_000, to });
});

it("takes clocks that count in different steps for no sleep", () => {
  let ms = 0;
  const clock = { monotonic: () => ms, now: () => Math.floor(ms) };
  const first = momentOf(clock);
  for (; ms < 10_000; ms += 0.7) momentOf(clock);
  expect(momentOf(clock).gainedMs).toBe(first.gainedMs);
});
