// What real programs write looks the same with the safety filter and without it, however it is cut.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { OutputFilter } from "../../../../daemon/terminal/output-filter.js";
import { WholeCharacters } from "../../../../daemon/terminal/whole-characters.js";
import { differences } from "../../../support/compare-terminals.js";
import { seededRandom } from "../../../support/random-stream.js";
import { createTestTerminal } from "../../../support/test-terminal.js";

const folder = new URL("../../../fixtures/recordings/", import.meta.url);
const recordings = readdirSync(folder).filter((name) => name.endsWith(".bin"));

describe("the safety filter", () => {
  it("has recordings of eight programs to try", () => {
    expect(recordings.length).toBeGreaterThanOrEqual(8);
  });

  it.each(recordings)("cannot be seen in %s", (name) => {
    const stream = new Uint8Array(readFileSync(new URL(name, folder)));
    for (const seed of [1, 2, 3]) {
      const random = seededRandom(seed);
      const raw = createTestTerminal();
      const safe = createTestTerminal();
      const filter = new OutputFilter({ name: () => "work", now: () => 0, onBlocked: () => {} });
      const whole = new WholeCharacters();
      raw.feed(stream);
      for (let at = 0; at < stream.length; ) {
        const end = Math.min(stream.length, at + 1 + Math.floor(random() ** 4 * 8192));
        safe.feed(whole.push(filter.push(stream.subarray(at, end))));
        at = end;
      }
      expect(filter.heldBytes, `seed ${seed}`).toBe(0);
      expect(differences(raw, safe), `seed ${seed}`).toEqual([]);
    }
  });
});
