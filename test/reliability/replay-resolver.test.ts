// How exactly a replay without offsets is resolved: random drops of each kind of output, judged by the true stream.
import { describe, expect, it } from "vitest";
import { firstSeed, isFullRun, percentile, recordFigures, repetitions } from "../support/figures.js";
import { cut, hardReplays, resolveReplay } from "../support/hard-replays.js";
import { ReplayWorld } from "../support/replay-world.js";
import { LONG_KIND, PERIODIC_KINDS, type StreamKind, UNIQUE_KINDS } from "../support/terminal-streams.js";

const CELLS = [
  { model: "since-detach", knowledge: "unknown" },
  { model: "since-detach", knowledge: "since-detach" },
  { model: "last-bytes", knowledge: "unknown" },
  { model: "last-bytes", knowledge: "last-bytes" },
] as const;

interface Tally {
  cases: number;
  overlaps: number;
  exact: number;
  wrongCases: number;
  wrongMost: number;
  doubled: number;
  doubledUnflagged: number;
  doubledUnflaggedMost: number;
  ambiguous: number;
  gaps: number;
  gapsUnflagged: number;
  slowestMs: number;
}

const tallies = new Map<StreamKind, Tally>();
/** Room for a machine that has other work, and for the full run. */
const SLOW_MS = isFullRun ? 7_200_000 : 120_000;
/** CPU time of whole replays. */
const cpu: { readonly frameBytes: number; readonly ms: number }[] = [];
const cpuText = (bytes: number) => {
  const ms = cpu.filter(({ frameBytes }) => frameBytes === bytes).map((measured) => measured.ms);
  return [50, 95, 99].map((p) => percentile(ms, p).toFixed(1)).join(" / ");
};
const perCell = repetitions({ ci: 75, full: 5_000 });
const seed = firstSeed();

describe("replays without offsets", () => {
  for (const kind of [...UNIQUE_KINDS, ...PERIODIC_KINDS, LONG_KIND]) {
    it(
      `resolves ${kind}: ${kind === LONG_KIND ? "" : "nothing is lost, and "}nothing is doubled unflagged`,
      () => {
        const tally = measure(kind);
        tallies.set(kind, tally);
        if (UNIQUE_KINDS.includes(kind)) expect(tally.wrongCases, `seeds from ${seed}`).toBe(0);
        if (UNIQUE_KINDS.includes(kind)) expect(tally.gapsUnflagged, `seeds from ${seed}`).toBe(0);
        if (UNIQUE_KINDS.includes(kind))
          expect(tally.exact / tally.overlaps, `seeds from ${seed}`).toBeGreaterThan(0.9);
        // Of the long repeated file it is only measured: a repetition that neither the replay nor what was delivered shows looks
        // like an overlap, and the text that is lost is on the screen once.
        if (kind !== LONG_KIND)
          expect(tally.wrongCases / tally.cases, `seeds from ${seed}`).toBeLessThan(0.001);
        // A shorter overlap cannot be told from an accident.
        expect(tally.doubledUnflaggedMost, `seeds from ${seed}`).toBeLessThan(4_096);
      },
      SLOW_MS,
    );
  }

  it(
    "measures the CPU time that the hardest replays take",
    () => {
      const repeats = repetitions({ ci: 2, full: 40 });
      for (const frameBytes of [32_768, 1]) {
        for (const [delivered, replay] of Object.values(hardReplays)) {
          const frames = cut(replay, frameBytes);
          for (let n = 0; n < repeats; n++) {
            const before = process.cpuUsage();
            resolveReplay(delivered, frames);
            const { user, system } = process.cpuUsage(before);
            cpu.push({ frameBytes, ms: (user + system) / 1_000 });
          }
        }
      }
      expect(cpu).toHaveLength(2 * repeats * Object.keys(hardReplays).length);
    },
    SLOW_MS,
  );

  it("writes its figures", () => {
    const count = (n: number) => n.toLocaleString("en");
    recordFigures({
      id: "30-replay-resolver",
      title: "Replays of a server that states no offsets",
      contract:
        "Of output that does not repeat itself, no byte that the server sends is lost, and every gap that can be seen is said; what may be there twice is said to be.",
      method: [
        `Per kind of output ${count(perCell * CELLS.length)} random drops: the server replays what was produced since the detach or its last 256 KB, and which of them is`,
        "unknown or learned before. Up to 900 KB of output, up to 20 KB lost in flight, up to 400 KB produced while away, live output behind the",
        "replay, four dialects of confirmation, `bytesDropped` stated or not, rings of 256,000 and 262,144 bytes kept in pieces of up to 32 KB,",
        "frames of 1 to 65,535 bytes. Each delivered byte is compared with the true stream.",
        "The long repeated file has 220 KB: what is wrongly dropped of it is text that was printed before and is on the screen once. Not counted as gaps: bytes that died in flight to a server which repeats nothing; nobody can see those.",
      ].join(" "),
      command: "npm run figures",
      seeds: [seed, seed + perCell - 1],
      rows: [
        ...[...tallies].map(
          ([kind, t]) =>
            [
              kind,
              [
                `${count(t.cases)} cases`,
                t.wrongCases === 0
                  ? "0 bytes wrongly dropped"
                  : `wrongly dropped in ${count(t.wrongCases)} (at most ${count(t.wrongMost)} bytes)`,
                `${count(t.overlaps)} repetitions, dropped exactly ${count(t.exact)}`,
                `doubled in ${count(t.doubled)}, unflagged in ${count(t.doubledUnflagged)} (at most ${count(t.doubledUnflaggedMost)} bytes)`,
                `flagged ambiguous ${count(t.ambiguous)}`,
                `gaps ${count(t.gaps)}, not flagged as one ${count(t.gapsUnflagged)}`,
                `withheld for at most ${Math.round(t.slowestMs)} ms`,
              ].join("; "),
            ] as const,
        ),
        [
          "CPU time of a 256 KB replay in frames of 32 KB, hardest inputs, p50 / p95 / p99 ms",
          cpuText(32_768),
        ],
        ["the same, byte by byte", cpuText(1)],
      ],
    });
  });
});

function measure(kind: StreamKind): Tally {
  const tally: Tally = {
    cases: 0,
    overlaps: 0,
    exact: 0,
    wrongCases: 0,
    wrongMost: 0,
    doubled: 0,
    doubledUnflagged: 0,
    doubledUnflaggedMost: 0,
    ambiguous: 0,
    gaps: 0,
    gapsUnflagged: 0,
    slowestMs: 0,
  };
  for (const cell of CELLS) {
    for (let n = 0; n < perCell; n++) {
      const world = new ReplayWorld({ seed: seed + n, kind, ...cell });
      const { decision, ...outcome } = dropOnce(world, `seed ${seed + n}, ${kind}, ${JSON.stringify(cell)}`);
      tally.cases++;
      if (outcome.overlap > 0) tally.overlaps++;
      if (outcome.overlap > 0 && decision.repeated === outcome.overlap) tally.exact++;
      if (outcome.wronglyDropped > 0) tally.wrongCases++;
      tally.wrongMost = Math.max(tally.wrongMost, outcome.wronglyDropped);
      if (outcome.duplicated > 0) tally.doubled++;
      if (outcome.duplicated > 0 && decision.kind !== "ambiguous") {
        tally.doubledUnflagged++;
        tally.doubledUnflaggedMost = Math.max(tally.doubledUnflaggedMost, outcome.duplicated);
      }
      if (decision.kind === "ambiguous") tally.ambiguous++;
      if (outcome.gapIsVisible) tally.gaps++;
      if (outcome.gapIsVisible && !outcome.gapFlagged) tally.gapsUnflagged++;
      tally.slowestMs = Math.max(tally.slowestMs, outcome.withheldMs);
    }
  }
  return tally;
}

function dropOnce(world: ReplayWorld, what: string) {
  try {
    return world.drop(world.randomDrop());
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
