// A terminal restored at any byte of a recorded program cannot be told from the one that saw it all.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SequenceTail } from "../../../../daemon/terminal/sequence-tail.js";
import { serialize } from "../../../../daemon/terminal/serializer.js";
import { WholeCharacters } from "../../../../daemon/terminal/whole-characters.js";
import { differences } from "../../../support/compare-terminals.js";
import { seededRandom } from "../../../support/random-stream.js";
import { createTestTerminal } from "../../../support/test-terminal.js";

const CUTS = 40;
const folder = new URL("../../../fixtures/recordings/", import.meta.url);
const recordings = readdirSync(folder).filter((name) => name.endsWith(".bin"));

describe("a snapshot of a recorded program", () => {
  it("has recordings of eight programs to try", () => {
    expect(recordings.length).toBeGreaterThanOrEqual(8);
  });

  it.each(recordings)("restores %s at any byte, now and after the rest of the stream", (name) => {
    const stream = new Uint8Array(readFileSync(new URL(name, folder)));
    const random = seededRandom(stream.length);
    const cuts = Array.from({ length: CUTS }, () => Math.floor(random() * stream.length)).sort(
      (a, b) => a - b,
    );
    const live = createTestTerminal();
    const tail = new SequenceTail();
    const whole = new WholeCharacters();
    const restored = [];
    let at = 0;
    for (const cut of cuts) {
      const piece = stream.subarray(at, cut);
      live.feed(whole.push(piece));
      tail.push(piece);
      at = cut;
      const copy = createTestTerminal();
      // Of unknown history: modes, margins, pen and charsets that the snapshot must undo.
      copy.feed(
        "\x1b[?6;7;1003;1006;2004;5h\x1b[4h\x1b[3;9r\x1b[1;4:3;41m\x1b(0\x0e\x1b[2;5H\x1b7\x1b[?1049h\x1b[>5uleft\x1b[?25",
      );
      copy.feed([...serialize(live.state, live.tracker)].join(""));
      // Between sequences, both must be the same now; in the midst of one, when it is complete.
      if (tail.bytes.length === 0) expect(differences(live, copy), `cut at ${cut}`).toEqual([]);
      restored.push({ copy, cut, tail: tail.bytes });
    }
    live.feed(whole.push(stream.subarray(at)));
    for (const { copy, cut, tail: unfinished } of restored) {
      const rest = new Uint8Array(unfinished.length + stream.length - cut);
      rest.set(unfinished);
      rest.set(stream.subarray(cut), unfinished.length);
      copy.feed(rest);
      expect(differences(live, copy), `rest after the cut at ${cut}`).toEqual([]);
    }
  });
});
