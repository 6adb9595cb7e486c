// Hostile output through the safety filter into a terminal that tells what it was made to do: nothing forbidden, ever.
import { describe, expect, it } from "vitest";
import { OutputFilter } from "../../daemon/terminal/filter/output-filter.js";
import { QueryFilter } from "../../daemon/terminal/filter/query-filter.js";
import { firstSeed, isFullRun, recordFigures, repetitions } from "../support/figures.js";
import { hostileStream } from "../support/hostile-stream.js";
import { OutputOracle, type Violation } from "../support/output-oracle.js";
import { seededRandom } from "../support/random-stream.js";

const STREAM_BYTES = 50_000;
const streams = repetitions({ ci: 20, full: 2_000 });
const seed = firstSeed();

describe("hostile output", () => {
  it("is found by the oracle when nothing filters it", () => {
    const oracle = new OutputOracle(false);
    // But for the numbers that would keep xterm.js busy for hours.
    const stream = Buffer.from(hostileStream(seededRandom(seed), STREAM_BYTES)).toString("latin1");
    oracle.feed(Buffer.from(stream.replace(/\d{4,}/g, "9"), "latin1"), true);
    expect(new Set(oracle.violations.map(({ rule }) => rule)).size, `seed ${seed}`).toBeGreaterThan(3);
  });

  it(
    "makes no terminal do or say anything that is forbidden",
    () => {
      let bytes = 0;
      let passed = 0;
      const seen = new Map<string, number>();
      const fail = (at: number, who: string, violations: readonly Violation[]) =>
        expect(violations, `${who}, seed ${at}`).toEqual([]);
      // Terminals are costly to make: one takes several streams, each of which is followed by a reset.
      let leader = new OutputOracle(true);
      let other = new OutputOracle(false);
      for (let n = 0; n < streams; n++) {
        const random = seededRandom(seed + n);
        const stream = hostileStream(random, STREAM_BYTES);
        const filter = new OutputFilter({ name: () => "work", now: () => bytes, onBlocked: () => {} });
        const queries = new QueryFilter(new Uint8Array(0));
        for (let at = 0; at < stream.length; ) {
          const end = Math.min(stream.length, at + 1 + Math.floor(random() ** 3 * 4096));
          const safe = filter.push(stream.subarray(at, end));
          passed += safe.length;
          leader.feed(safe, true);
          other.feed(queries.push(safe), false);
          at = end;
        }
        other.feed(queries.flush(), true);
        bytes += stream.length;
        fail(seed + n, "leader", leader.violations);
        fail(seed + n, "other client", other.violations);
        leader.feed(Buffer.from("\x18\x1bc"), true);
        other.feed(Buffer.from("\x18\x1bc"), true);
        if (n % 50 === 49) {
          for (const [kind, count] of leader.seen) seen.set(kind, (seen.get(kind) ?? 0) + count);
          leader = new OutputOracle(true);
          other = new OutputOracle(false);
        }
      }
      for (const [kind, count] of leader.seen) seen.set(kind, (seen.get(kind) ?? 0) + count);
      // The oracle hears what it should: what passes is there.
      for (const kind of ["OSC", "DCS", "private mode", "reply"])
        expect(seen.get(kind) ?? 0, `${kind}, seeds from ${seed}`).toBeGreaterThan(0);
      const count = (value: number) => value.toLocaleString("en");
      recordFigures({
        id: "80-output-filter",
        title: "Hostile output",
        contract:
          "Nothing that a program prints makes a terminal run, print, copy, resize, read a file, or type text of the program's choice.",
        method:
          "Some 200 known attacks, mutated, cut, nested, in C1 form and between invalid UTF-8, in random pieces through the safety filter. What comes out goes into xterm.js with a handler on " +
          "each OSC, DCS, window report and forbidden mode and an ear for its answers; and is taken apart by patterns that share nothing with the filter. The leader's terminal may answer harmless questions, every other none.",
        command:
          "AGENTD_FIGURES=full npx vitest run test/reliability/output-filter.test.ts --testTimeout=7200000",
        seeds: [seed, seed + streams - 1],
        rows: [
          ["hostile bytes", count(bytes)],
          ["of them let through", count(passed)],
          ["forbidden sequences that reached a terminal", "0"],
          ["answers of terminals that do not lead", "0"],
          ["answers of the leader's, all harmless", count(seen.get("reply") ?? 0)],
          ["OSC that passed, all harmless", count(seen.get("OSC") ?? 0)],
        ],
      });
    },
    isFullRun ? 7_200_000 : 120_000,
  );
});
