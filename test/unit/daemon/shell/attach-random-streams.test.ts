// Attaching at a random byte never shows a wrong screen: random streams through the whole hub, against a terminal that saw everything.
import { describe, expect, it } from "vitest";
import { differences } from "../../../support/compare-terminals.js";
import { randomStream, seededRandom } from "../../../support/random-stream.js";
import { type CollectingSink, ShellRig } from "../../../support/shell-rig.js";
import { createTestTerminal } from "../../../support/test-terminal.js";

const STREAMS = 300;
const FIRST_SEED = 20_261;

/** Feeds `stream` in random pieces; yields the position after each, so that the test can do things between. */
function* pieces(stream: Uint8Array, random: () => number): Generator<{ piece: Uint8Array; at: number }> {
  for (let at = 0; at < stream.length; ) {
    const length = 1 + Math.floor(random() * 400);
    yield { piece: stream.slice(at, at + length), at: at + length };
    at += length;
  }
}

/** What the client's terminal shows, having drawn everything it was sent. */
function terminalOf(sink: CollectingSink) {
  const shown = createTestTerminal();
  shown.feed(sink.view.bytes);
  return shown;
}

describe("attach at a random byte of a random stream", () => {
  it(`shows the same screen in all of ${STREAMS} streams`, async () => {
    const wrong: string[] = [];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + STREAMS; seed++) {
      const random = seededRandom(seed);
      const stream = randomStream({ seed });
      const rig = ShellRig.live();
      const attachAt = Math.floor(random() * stream.length);
      const settleBefore = random() < 0.5;
      const reference = createTestTerminal();
      reference.feed(stream);
      let client: Awaited<ReturnType<ShellRig["attach"]>> | undefined;
      for (const { piece, at } of pieces(stream, random)) {
        if (client === undefined && at > attachAt) {
          // With the parser idle, and with output still in its queue.
          if (settleBefore) await rig.drawn();
          client = await rig.attach({ terminal: false });
        }
        rig.upstream.output(piece);
        if (random() < 0.1) await rig.drawn();
      }
      await rig.drawn();
      if (client === undefined) throw new Error("never attached");
      const found = differences(reference, terminalOf(client.sink));
      if (found.length > 0) wrong.push(`seed ${seed}: ${found.slice(0, 3).join("; ")}`);
      expect(client.sink.view.offset).toBe(stream.length);
    }
    expect(wrong).toEqual([]);
  });

  it("converges for clients that fall behind and read again at random moments", async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const random = seededRandom(seed);
      const rig = ShellRig.live();
      const slow = await rig.attach({ terminal: false });
      const reference = createTestTerminal();
      for (let round = 0; round < 6; round++) {
        slow.sink.stopped = random() < 0.7;
        const stream = randomStream({ seed: seed * 100 + round });
        const flood = Buffer.alloc(300_000, `line ${round}\r\n`);
        for (const bytes of [flood, stream, flood, stream]) {
          for (const { piece } of pieces(bytes, () => random() * 60)) {
            rig.upstream.output(piece);
            reference.feed(piece);
          }
        }
        if (random() < 0.5) slow.sink.read();
        if (random() < 0.5) await rig.drawn();
      }
      slow.sink.read();
      await rig.drawn();
      expect(differences(reference, terminalOf(slow.sink)), `seed ${seed}`).toEqual([]);
    }
  }, 60_000);
});
