import { describe, expect, it } from "vitest";
import { DeliveredOutput } from "../../../../../daemon/upstream/replay/delivered-output.js";
import { OverflowWatch } from "../../../../../daemon/upstream/replay/overflow-watch.js";
import {
  type ReplayDecision,
  type ReplayModel,
  ReplayResolver,
} from "../../../../../daemon/upstream/replay/replay-resolver.js";
import { type Arbitrary, fc } from "../../../../support/property.js";
import { confirmationKinds, type Drop, type Outcome, ReplayWorld } from "../../../../support/replay-world.js";
import {
  PERIODIC_KINDS,
  type StreamKind,
  terminalStream,
  UNIQUE_KINDS,
} from "../../../../support/terminal-streams.js";

const RING = 262_144;
/** Thousands of drops: room for a machine that has other work. */
const SLOW_MS = 120_000;
const blocks = terminalStream("position blocks");
const yes = terminalStream("yes");

function resolverAfter(delivered: Uint8Array, model: ReplayModel = "unknown"): ReplayResolver {
  const output = new DeliveredOutput();
  output.append(delivered);
  return new ReplayResolver({ delivered: output, model, nowMs: 1_000 });
}

/** Pushes until there is a decision, then waits for one. */
function resolve(
  resolver: ReplayResolver,
  replay: Uint8Array,
  frame = 32_768,
): ReplayDecision & { rest: number } {
  for (let at = 0; at < replay.length; at += frame) {
    const decision = resolver.push(replay.subarray(at, at + frame), 1_000);
    if (decision !== undefined) return { ...decision, rest: Math.max(0, replay.length - at - frame) };
  }
  const decision = resolver.expire(10_000);
  if (decision === undefined) throw new Error("no decision at the deadline");
  return { ...decision, rest: 0 };
}

const joined = ({ output }: ReplayDecision) => Buffer.concat(output);

describe("a server that repeats the last bytes", () => {
  it("has its repetition dropped and the rest delivered, when the border lies inside a frame", () => {
    const decision = resolve(
      resolverAfter(blocks.subarray(0, 500_000)),
      blocks.subarray(400_001, 400_001 + RING),
    );
    expect(decision).toMatchObject({
      kind: "overlap",
      repeated: 99_999,
      learned: "last-bytes",
      sameShell: true,
    });
    const end = 400_001 + RING - decision.rest;
    expect(Buffer.compare(joined(decision), blocks.subarray(500_000, end))).toBe(0);
  });

  it("has live output delivered that came in the same frame as the end of the repetition", () => {
    const resolver = resolverAfter(blocks.subarray(0, 10_000));
    const decision = resolver.push(blocks.subarray(0, 10_200), 1_000);
    expect(decision).toMatchObject({ kind: "overlap", repeated: 10_000 });
    expect(Buffer.compare(joined(decision!), blocks.subarray(10_000, 10_200))).toBe(0);
  });

  it("has an overlap of less than 4,096 bytes delivered twice and flagged, unless it is all there ever was", () => {
    const before = blocks.subarray(0, 500_000);
    const short = resolve(resolverAfter(before), blocks.subarray(495_905, 495_905 + RING));
    expect(short).toMatchObject({ kind: "ambiguous", repeated: 0 });
    const enough = resolve(resolverAfter(before), blocks.subarray(495_904, 495_904 + RING));
    expect(enough).toMatchObject({ kind: "overlap", repeated: 4_096 });
    const whole = resolve(resolverAfter(blocks.subarray(0, 100)), blocks.subarray(0, 300));
    expect(whole).toMatchObject({ kind: "overlap", repeated: 100 });
    const tiny = resolve(resolverAfter(blocks.subarray(0, 63)), blocks.subarray(0, 300));
    expect(tiny).toMatchObject({ kind: "ambiguous", repeated: 0 });
  });

  it("is recognised when the whole stream is repeated and nothing is new", () => {
    const decision = resolver64().push(blocks.subarray(0, 64), 1_000);
    expect(decision).toMatchObject({ kind: "overlap", repeated: 64, output: [] });
  });

  it("proves nothing about the shell with a greeting: a new shell prints the same one", () => {
    const decision = resolver64().push(blocks.subarray(0, 64), 1_000);
    expect(decision).toMatchObject({ sameShell: false });
    expect(decision).not.toHaveProperty("learned");
  });

  it("has a full ring counted as full from three quarters on, as a ring kept in chunks is", () => {
    const start = 500_000 - 150_000;
    const decision = resolve(
      resolverAfter(blocks.subarray(0, 500_000)),
      blocks.subarray(start, start + 200_000),
    );
    expect(decision).toMatchObject({ kind: "overlap", repeated: 150_000 });
  });

  it("is believed only at the end of its replay while its model is not known, and at three quarters when it is", () => {
    const replay = blocks.subarray(400_000, 400_000 + 200_000);
    expect(resolverAfter(blocks.subarray(0, 500_000)).push(replay, 1_000)).toBeUndefined();
    const known = resolverAfter(blocks.subarray(0, 500_000), "last-bytes").push(replay, 1_000);
    expect(known).toMatchObject({ kind: "overlap", repeated: 100_000 });
    const full = blocks.subarray(400_000, 400_000 + RING);
    expect(resolverAfter(blocks.subarray(0, 500_000)).push(full, 1_000)).toMatchObject({ kind: "overlap" });
  });

  it("is short of what was in flight: the overlap is shorter, and nothing is missing", () => {
    // The server believes that 510,000 bytes arrived.
    const decision = resolve(
      resolverAfter(blocks.subarray(0, 500_000)),
      blocks.subarray(510_000 - RING, 510_000),
    );
    expect(decision).toMatchObject({ kind: "overlap", repeated: RING - 10_000 });
  });

  it("has `yes` delivered twice and flagged while its model is not known, and counted exactly by its length when it is", () => {
    const delivered = yes.subarray(0, 30_000);
    const replay = yes.subarray(0, 40_001);
    expect(resolve(resolverAfter(delivered), replay)).toMatchObject({ kind: "ambiguous", repeated: 0 });
    const known = resolve(resolverAfter(delivered, "last-bytes"), replay);
    expect(known).toMatchObject({ kind: "overlap", repeated: 30_000, sameShell: false });
  });

  it("has nothing dropped by length while the replay still trickles in after 2 s", () => {
    const resolver = resolverAfter(yes.subarray(0, 300), "last-bytes");
    for (let at = 0; at <= 2_000; at += 100) resolver.push(yes.subarray(at, at + 100), 1_000 + at);
    expect(resolver.expire(3_000)).toMatchObject({ kind: "ambiguous", repeated: 0 });
  });

  it("leaves a gap when its ring is full and holds nothing known", () => {
    const decision = resolve(
      resolverAfter(blocks.subarray(0, 500_000)),
      blocks.subarray(600_000, 600_000 + RING),
    );
    expect(decision).toMatchObject({ kind: "gap", repeated: 0, sameShell: false });
    expect(decision).not.toHaveProperty("learned");
  });

  it("is not believed to have learned otherwise by a network that stalls in the middle of the replay", () => {
    const resolver = resolverAfter(blocks.subarray(0, 500_000));
    expect(resolver.push(blocks.subarray(400_000, 432_768), 1_000)).toBeUndefined();
    const decision = resolver.expire(1_150);
    expect(decision).toMatchObject({ kind: "ambiguous", repeated: 0 });
    expect(decision).not.toHaveProperty("learned");
  });
});

describe("a server that repeats nothing", () => {
  it("is told by a long stream's short replay, and has everything delivered", () => {
    const decision = resolve(resolverAfter(blocks.subarray(0, 500_000)), blocks.subarray(500_000, 540_000));
    expect(decision).toMatchObject({ kind: "fresh", repeated: 0, learned: "since-detach", sameShell: false });
    expect(Buffer.compare(joined(decision), blocks.subarray(500_000, 540_000))).toBe(0);
  });

  it("is told by an empty replay, unless hardly anything was ever delivered", () => {
    const decision = resolverAfter(blocks.subarray(0, 4_096)).expire(3_000);
    expect(decision).toEqual({
      kind: "fresh",
      output: [],
      repeated: 0,
      learned: "since-detach",
      sameShell: false,
    });
    expect(resolverAfter(blocks.subarray(0, 4_095)).expire(3_000)).not.toHaveProperty("learned");
  });

  it("is not told by a prompt alone, which a new shell prints too, unless the end of the replay was stated", () => {
    const prompt = Buffer.from("$ ");
    expect(resolve(resolverAfter(blocks.subarray(0, 500_000)), prompt)).not.toHaveProperty("learned");
    const resolver = resolverAfter(blocks.subarray(0, 500_000));
    resolver.confirmation(undefined);
    resolver.push(prompt, 1_000);
    expect(resolver.confirmation(undefined)).toMatchObject({ kind: "fresh", learned: "since-detach" });
  });

  it("loses nothing when the same file is printed before and after the drop", () => {
    const file = blocks.subarray(0, 20_000);
    const before = Buffer.concat([terminalStream("log lines").subarray(0, 300_000), file]);
    for (const end of ["stated", "paused"]) {
      const resolver = resolverAfter(before);
      resolver.confirmation(undefined);
      resolver.push(file, 1_000);
      const decision = end === "stated" ? resolver.confirmation(undefined) : resolver.expire(1_150);
      expect(decision).toMatchObject({ repeated: 0, kind: "ambiguous" });
      expect(Buffer.compare(joined(decision!), file)).toBe(0);
    }
  });

  it("loses nothing when a file was printed twice before the drop and once more after it, with much behind it", () => {
    const file = blocks.subarray(0, 6_000);
    const other = terminalStream("log lines");
    const decision = resolve(
      resolverAfter(Buffer.concat([other.subarray(0, 300_000), file, file])),
      Buffer.concat([file, other.subarray(400_000, 650_000)]),
    );
    expect(decision).toMatchObject({ kind: "ambiguous", repeated: 0, sameShell: false });
  });

  it("loses nothing when what was printed before and after the drop repeats a part of itself", () => {
    const [part, middle] = [blocks.subarray(0, 1_500), blocks.subarray(9_000, 14_000)];
    const other = terminalStream("log lines");
    // The overlap could be all three pieces, or the last one.
    const pieces = Buffer.concat([part, middle, part]);
    const decision = resolve(
      resolverAfter(Buffer.concat([other.subarray(0, 300_000), pieces])),
      Buffer.concat([pieces, other.subarray(400_000, 650_000)]),
    );
    expect(decision).toMatchObject({ kind: "ambiguous", repeated: 0 });
  });

  it("loses nothing when another repetition is cut off by the end of the replay, or by the start of what is kept", () => {
    const file = blocks.subarray(0, 6_000);
    const other = terminalStream("log lines");
    const cutByReplay = resolve(
      resolverAfter(Buffer.concat([other.subarray(0, 300_000), file])),
      Buffer.concat([file, other.subarray(400_000, 588_608), file.subarray(0, 2_000)]),
    );
    expect(cutByReplay).toMatchObject({ kind: "ambiguous", repeated: 0 });
    const cutByStart = resolve(
      resolverAfter(Buffer.concat([file.subarray(4_000), other.subarray(0, 300_000), file])),
      Buffer.concat([file, other.subarray(400_000, 650_000)]),
    );
    expect(cutByStart).toMatchObject({ kind: "ambiguous", repeated: 0 });
  });

  it("has its first frame let through at once when it is known", () => {
    const resolver = resolverAfter(blocks.subarray(0, 500_000), "since-detach");
    expect(resolver.push(blocks.subarray(500_000, 500_900), 1_000)).toMatchObject({
      kind: "fresh",
      repeated: 0,
    });
    const typed = resolverAfter(blocks.subarray(0, 500_000), "since-detach");
    expect(typed.push(Buffer.from("0"), 1_000)).toMatchObject({ kind: "fresh" });
  });

  it("is doubted when it repeats all the same; what it repeats is delivered and flagged", () => {
    const resolver = resolverAfter(blocks.subarray(0, 500_000), "since-detach");
    expect(resolver.push(blocks.subarray(400_000, 402_000), 1_000)).toBeUndefined();
    const inside = resolver.push(blocks.subarray(402_000, 410_000), 1_000);
    expect(inside).toMatchObject({ kind: "ambiguous", repeated: 0, learned: "unknown" });
    expect(Buffer.compare(joined(inside!), blocks.subarray(400_000, 410_000))).toBe(0);
    const atEnd = resolve(
      resolverAfter(blocks.subarray(0, 500_000), "since-detach"),
      blocks.subarray(494_000, 520_000),
    );
    expect(atEnd).toMatchObject({ kind: "ambiguous", repeated: 0, learned: "unknown" });
  });

  it("is doubted no more than it deserves: what is printed before and after the drop contradicts nothing", () => {
    const other = terminalStream("log lines");
    const file = blocks.subarray(0, 10_000);
    const twice = Buffer.concat([file, file, other.subarray(0, 100_000)]);
    expect(resolve(resolverAfter(twice, "since-detach"), file)).not.toHaveProperty("learned");
    const once = Buffer.concat([
      other.subarray(0, 100_000),
      yes.subarray(0, 9_000),
      other.subarray(100_000, 200_000),
    ]);
    expect(resolve(resolverAfter(once, "since-detach"), yes.subarray(0, 9_000))).not.toHaveProperty(
      "learned",
    );
    const decision = resolve(
      resolverAfter(yes.subarray(0, 500_000), "since-detach"),
      yes.subarray(0, 40_000),
    );
    expect(decision).toMatchObject({ repeated: 0 });
    expect(decision).not.toHaveProperty("learned");
  });
});

describe("ReplayResolver", () => {
  it("withholds nothing of a shell that has delivered nothing yet", () => {
    expect(resolverAfter(new Uint8Array(0)).push(Buffer.from("$ "), 1_000)).toMatchObject({ kind: "fresh" });
    expect(resolverAfter(new Uint8Array(0)).expire(3_000)).toMatchObject({ kind: "fresh", output: [] });
  });

  it("believes nothing of a new shell's prompt, whatever model was known", () => {
    for (const model of ["unknown", "since-detach", "last-bytes"] as const) {
      const decision = resolve(resolverAfter(blocks.subarray(0, 500_000), model), Buffer.from("new:~$ "));
      expect(decision, model).toMatchObject({ kind: "fresh", repeated: 0, sameShell: false });
      expect(decision, model).not.toHaveProperty("learned");
    }
  });

  it("keeps neither model when a server that was known to repeat sends a short replay", () => {
    const decision = resolve(
      resolverAfter(blocks.subarray(0, 500_000), "last-bytes"),
      blocks.subarray(500_000, 540_000),
    );
    expect(decision).toMatchObject({ kind: "fresh", learned: "unknown" });
  });

  it.each([
    [undefined, false],
    [0, false],
    [1, true],
    [12_345, true],
    [Number.NaN, false],
    [-1, false],
  ])("takes bytesDropped %s for a gap: %s", (bytesDropped, gap) => {
    const replay = blocks.subarray(400_000, 400_000 + RING);
    for (const model of ["unknown", "last-bytes"] as const) {
      const early = resolverAfter(blocks.subarray(0, 500_000), model);
      expect(early.confirmation(bytesDropped)?.kind).toBe(gap ? "gap" : undefined);
      const late = resolverAfter(blocks.subarray(0, 500_000), model);
      late.push(replay.subarray(0, 30_000), 1_000);
      const decision = late.confirmation(bytesDropped);
      expect(decision?.kind).toBe(gap ? "gap" : undefined);
      if (decision !== undefined)
        expect(Buffer.compare(joined(decision), replay.subarray(0, 30_000))).toBe(0);
    }
  });

  it("takes the second confirmation for the end of the replay only when output came before it", () => {
    const resolver = resolverAfter(blocks.subarray(0, 500_000));
    expect(resolver.confirmation(undefined)).toBeUndefined();
    expect(resolver.confirmation(undefined)).toBeUndefined();
    expect(resolver.push(blocks.subarray(400_000, 430_000), 1_000)).toBeUndefined();
    const late = resolverAfter(blocks.subarray(0, 500_000));
    late.push(blocks.subarray(600_000, 610_000), 1_000);
    expect(late.confirmation(undefined)).toBeUndefined();
    expect(late.confirmation(undefined)).toMatchObject({ kind: "fresh" });
  });

  it("is due 150 ms after the last byte, 2 s after the first, or 2 s after the start without one", () => {
    const resolver = resolverAfter(blocks.subarray(0, 500_000));
    expect(resolver.dueAt).toBe(3_000);
    resolver.push(blocks.subarray(400_000, 400_100), 2_900);
    expect(resolver.dueAt).toBe(3_050);
    for (let n = 1; n <= 14; n++) {
      const at = 2_900 + n * 140;
      expect(resolver.expire(at), `at ${at}`).toBeUndefined();
      resolver.push(blocks.subarray(400_000 + n * 100, 400_100 + n * 100), at);
    }
    expect(resolver.dueAt).toBe(4_900);
    expect(resolver.expire(4_899)).toBeUndefined();
    expect(resolver.decided).toBe(false);
    expect(resolver.expire(4_900)).toMatchObject({ kind: "ambiguous" });
    expect([resolver.decided, resolver.dueAt, resolver.expire(9_000)]).toEqual([true, undefined, undefined]);
  });

  it("does not hold up a busy screen for 2 s once nothing of it can be a repetition", () => {
    const resolver = resolverAfter(blocks.subarray(0, 500_000));
    resolver.push(blocks.subarray(600_000, 600_100), 1_000);
    for (const at of [1_140, 1_280, 1_420]) resolver.push(blocks.subarray(600_100, 600_200), at);
    expect(resolver.dueAt).toBe(1_200);
  });

  it("lets everything out when the connection ends, and drops nothing of it", () => {
    const resolver = resolverAfter(blocks.subarray(0, 500_000), "last-bytes");
    resolver.push(blocks.subarray(400_000, 410_000), 1_000);
    resolver.push(blocks.subarray(410_000, 420_000), 1_000);
    const decision = resolver.flush();
    expect(decision).toMatchObject({ kind: "ambiguous", repeated: 0, sameShell: false });
    expect(decision).not.toHaveProperty("learned");
    expect(Buffer.compare(joined(decision), blocks.subarray(400_000, 420_000))).toBe(0);
    expect(resolver.flush().output).toEqual([]);
    expect(resolverAfter(blocks.subarray(0, 500_000)).flush()).toMatchObject({ kind: "fresh", output: [] });
  });

  it("hands on pieces that fit into any frame, and copies what it was given", () => {
    const resolver = resolverAfter(blocks.subarray(0, 500_000));
    const reused = new Uint8Array(65_535);
    let decision: ReplayDecision | undefined;
    for (let at = 600_000; decision === undefined; at += reused.length) {
      reused.set(blocks.subarray(at, at + reused.length));
      decision = resolver.push(reused, 1_000);
    }
    const out = joined(decision);
    expect(Buffer.compare(out, blocks.subarray(600_000, 600_000 + out.length))).toBe(0);
    expect(Math.max(...decision.output.map((piece) => piece.length))).toBeLessThanOrEqual(32_768);
  });
});

describe("OverflowWatch", () => {
  it("reports once that a burst has become as long as a full ring", () => {
    const watch = new OverflowWatch({ seenBytes: 32_768, nowMs: 0 });
    expect(watch.push(163_839, 149)).toBe(false);
    expect(watch.push(1, 200)).toBe(true);
    expect([watch.done, watch.push(500_000, 200)]).toEqual([true, false]);
  });

  it("takes a pause for the end of the burst", () => {
    const watch = new OverflowWatch({ seenBytes: 0, nowMs: 0 });
    expect(watch.push(100_000, 10)).toBe(false);
    expect([watch.push(100_000, 160), watch.done]).toEqual([false, true]);
  });
});

const dropSizes = (max: number) =>
  fc.oneof(
    fc.constant(0),
    fc.nat(200),
    fc.nat(5_000),
    fc.nat(max),
    fc.integer({ min: RING - 100, max: RING + 100 }),
  );

const drops: Arbitrary<Drop> = fc.record({
  before: dropSizes(600_000),
  inFlight: fc.oneof(fc.constant(0), fc.nat(20_000)),
  away: dropSizes(400_000),
  behind: fc.oneof(fc.constant(0), fc.nat(60_000)),
  confirmations: fc.constantFrom(...confirmationKinds),
  statesDropped: fc.boolean(),
  ringBytes: fc.constantFrom(RING, 256_000),
  ringGrain: fc.oneof(fc.constant(1), fc.constant(4_096), fc.integer({ min: 1, max: 32_768 })),
  frameBytes: fc.oneof(
    fc.constant(32_768),
    fc.integer({ min: 200, max: 65_535 }),
    fc.integer({ min: 1, max: 200 }),
  ),
  randomFrames: fc.boolean(),
  paceMs: fc.constantFrom(0, 0, 5, 170),
});

interface Case {
  readonly seed: number;
  readonly kind: StreamKind;
  readonly model: "since-detach" | "last-bytes";
  readonly knowledge: ReplayModel;
  readonly drops: readonly Drop[];
}

const casesOf = (kinds: readonly StreamKind[]): Arbitrary<Case> =>
  fc.record({
    seed: fc.nat(),
    kind: fc.constantFrom(...kinds),
    model: fc.constantFrom("since-detach", "last-bytes"),
    knowledge: fc.constantFrom("unknown", "since-detach", "last-bytes"),
    drops: fc.array(drops, { minLength: 1, maxLength: 4 }),
  });

function outcomesOf(one: Case): Outcome[] {
  const world = new ReplayWorld(one);
  return one.drops.map((drop) => world.drop(drop));
}

const stalls = (drop: Drop) => drop.paceMs >= 150;

/** A few bytes may be like those before them: who was told that the server repeats takes them for a repetition. */
const coincides = (one: Case, outcome: Outcome) =>
  one.knowledge === "last-bytes" && one.model === "since-detach" && outcome.wronglyDropped < 8;

/** All that was sent arrives in order: the world throws otherwise. */
function expectHonest(outcome: Outcome, drop: Drop): void {
  expect(outcome.withheldBytes).toBeLessThanOrEqual(RING + drop.frameBytes);
  expect(outcome.withheldMs).toBeLessThanOrEqual(2_000.001);
  // A server that was wrongly known to repeat nothing is found out afterwards, and no sooner. A network that stalls before
  // there is anything to compare looks like a prompt.
  if (outcome.duplicated >= 4_096 && outcome.model !== "since-detach" && outcome.withheldBytes >= 64) {
    expect(outcome.decision.kind).toBe("ambiguous");
  }
}

describe("the true stream, through up to four drops in a row", () => {
  it(
    "loses no byte of unique output, doubles none unflagged, and has every visible gap flagged",
    () => {
      fc.assert(
        fc.property(casesOf(UNIQUE_KINDS), (one) => {
          outcomesOf(one).forEach((outcome, n) => {
            if (!coincides(one, outcome)) expect(outcome.wronglyDropped).toBe(0);
            expectHonest(outcome, one.drops[n]!);
            // A network that stalls in the middle of it makes a full ring look like several short ones.
            if (outcome.gapIsVisible && !stalls(one.drops[n]!)) expect(outcome.gapFlagged).toBe(true);
            if (outcome.decision.sameShell) expect(outcome.overlap).toBeGreaterThanOrEqual(4_096);
          });
        }),
        { numRuns: 200 },
      );
    },
    SLOW_MS,
  );

  it(
    "learns the right model from unique output, or none",
    () => {
      fc.assert(
        fc.property(casesOf(UNIQUE_KINDS), (one) => {
          const steady = one.drops.map((drop) => ({ ...drop, paceMs: Math.min(drop.paceMs, 5) }));
          for (const { decision, model } of outcomesOf({ ...one, drops: steady, knowledge: "unknown" })) {
            if (model === "unknown" && decision.learned !== undefined)
              expect(decision.learned).toBe(one.model);
          }
        }),
        { numRuns: 100 },
      );
    },
    SLOW_MS,
  );

  it(
    "loses no byte of output that repeats itself, and doubles it only flagged",
    () => {
      fc.assert(
        fc.property(casesOf(PERIODIC_KINDS), (one) => {
          outcomesOf({ ...one, knowledge: one.knowledge === one.model ? one.model : "unknown" }).forEach(
            (outcome, n) => {
              // By length alone, from a server that is known to repeat: a stall may then pass for the end of the replay.
              if (!stalls(one.drops[n]!)) expect(outcome.wronglyDropped).toBe(0);
              expectHonest(outcome, one.drops[n]!);
            },
          );
        }),
        { numRuns: 120 },
      );
    },
    SLOW_MS,
  );
});

function resolver64(): ReplayResolver {
  return resolverAfter(blocks.subarray(0, 64));
}
