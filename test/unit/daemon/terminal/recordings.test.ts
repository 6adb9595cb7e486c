// A terminal restored at any byte of a recorded program cannot be told from the one that saw it all.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { differencesAtCuts, randomCuts } from "../../../support/cut-stream.js";
import { firstSeed, repetitions } from "../../../support/figures.js";

const folder = new URL("../../../fixtures/recordings/", import.meta.url);
const recordings = readdirSync(folder).filter((name) => name.endsWith(".bin"));
const seed = firstSeed();
const cuts = repetitions({ ci: 24, full: 200 });
const readRecording = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));

describe(`a snapshot of a recorded program (seed ${seed}, ${cuts} cuts)`, () => {
  it("has recordings of sixty programs to try", () => {
    expect(recordings.length).toBeGreaterThanOrEqual(60);
  });

  it.each(recordings)(
    "restores %s at random bytes, now and after the rest of the stream",
    (name) => {
      const stream = readRecording(name);
      expect(
        differencesAtCuts({ stream, cuts: randomCuts(seed, cuts, stream.length) }),
        `seed ${seed}`,
      ).toEqual([]);
    },
    120_000,
  );

  it.each(recordings)(
    "restores %s around a change of size",
    (name) => {
      const stream = readRecording(name);
      const found = [
        { cols: 100, rows: 30 },
        { cols: 57, rows: 17 },
      ].flatMap((resize) =>
        differencesAtCuts({
          stream,
          cuts: randomCuts(seed + 1, Math.ceil(cuts / 10), stream.length),
          resize,
        }),
      );
      expect(found, `seed ${seed}`).toEqual([]);
    },
    120_000,
  );
});
