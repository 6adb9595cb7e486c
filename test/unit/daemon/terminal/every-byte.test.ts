// Every state by name, and short random streams: cut at every byte, not just where chance leads.
import { describe, expect, it } from "vitest";
import { differencesAtCuts, everyCut, randomCuts } from "../../../support/cut-stream.js";
import { firstSeed, isFullRun, repetitions } from "../../../support/figures.js";
import { randomStream } from "../../../support/random-stream.js";
import { terminalStates } from "../../../support/terminal-states.js";

const FOLLOWING = "e\u0301\x1b[2b\r\nmore\ttabs \x1b8here\x1b[?1049l\x1b[<u after\n";
const seed = firstSeed();
/** A plain run takes this many places of a stream that has more; a full run takes all of them, however long it is. */
const CI_CUTS = 30;
const cutsOf = (length: number) =>
  isFullRun || length <= CI_CUTS ? everyCut(length) : randomCuts(seed, CI_CUTS, length);
const streams = repetitions({ ci: 25, full: 200 });

describe("a snapshot at every byte", () => {
  it.each(Object.keys(terminalStates))(
    "restores %s",
    (name) => {
      const stream = new TextEncoder().encode(`${terminalStates[name]}${FOLLOWING}`);
      expect(
        differencesAtCuts({ stream, cuts: cutsOf(stream.length), scrollback: 40 }),
        `seed ${seed}`,
      ).toEqual([]);
    },
    300_000,
  );

  it(`restores ${streams} short random streams from seed ${seed}`, () => {
    for (let at = seed; at < seed + streams; at++) {
      const stream = randomStream({ seed: at * 31, pieces: 25, cols: 24, rows: 7 });
      const found = differencesAtCuts({
        stream,
        cuts: cutsOf(stream.length),
        size: { cols: 24, rows: 7 },
        scrollback: 10,
      });
      expect(found, `seed ${at}`).toEqual([]);
    }
  }, 600_000);
});
