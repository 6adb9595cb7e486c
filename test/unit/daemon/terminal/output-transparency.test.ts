// What real programs write looks the same with the safety filter and without it, however it is cut.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { OutputFilter } from "../../../../daemon/terminal/filter/output-filter.js";
import { WholeCharacters } from "../../../../daemon/terminal/stream/whole-characters.js";
import { differences } from "../../../support/compare-terminals.js";
import { seededRandom } from "../../../support/random-stream.js";
import { createTestTerminal } from "../../../support/test-terminal.js";

const folder = new URL("../../../fixtures/recordings/", import.meta.url);
const recordings = readdirSync(folder).filter((name) => name.endsWith(".bin"));

/**
 * What real programs do send and is kept back on purpose: 1034 makes a key with Meta another byte (terminfo's `smm`; tmux does not
 * know it either); 7727 changes the Escape key of one terminal, where it is off anyway; a `file:` link opens what the person has,
 * not the host that it was printed on.
 */
const KEPT_BACK = [
  [/\x1b\[\?(?:1034|7727)[hl]/g, ""],
  [/(\x1b\]8;[!-:<-~]*;)file:[!-~]*(\x07|\x1b\\)/g, "\x1b]8;;$2"],
] as const;

function withoutKeptBack(stream: Uint8Array): Uint8Array {
  let text = Buffer.from(stream).toString("latin1");
  for (const [pattern, instead] of KEPT_BACK) text = text.replace(pattern, instead);
  return new Uint8Array(Buffer.from(text, "latin1"));
}

describe("the safety filter", () => {
  it("has recordings of sixty programs to try", () => {
    expect(recordings.length).toBeGreaterThanOrEqual(60);
  });

  it.each(recordings)("cannot be seen in %s", (name) => {
    const stream = new Uint8Array(readFileSync(new URL(name, folder)));
    for (const seed of [1, 2, 3]) {
      const random = seededRandom(seed);
      const raw = createTestTerminal();
      const safe = createTestTerminal();
      const filter = new OutputFilter({ name: () => "work", now: () => 0, onBlocked: () => {} });
      const whole = new WholeCharacters();
      raw.feed(withoutKeptBack(stream));
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
