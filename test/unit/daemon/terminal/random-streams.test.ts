// Attaching at a random byte of random output: the client's terminal cannot be told from the one that saw everything.
import { expect, it } from "vitest";
import { Screen } from "../../../../daemon/terminal/screen.js";
import { SequenceTail } from "../../../../daemon/terminal/stream/sequence-tail.js";
import { WholeCharacters } from "../../../../daemon/terminal/stream/whole-characters.js";
import { differences } from "../../../support/compare-terminals.js";
import { eventLoopSlicer } from "../../../support/event-loop-slicer.js";
import { randomStream, seededRandom } from "../../../support/random-stream.js";
import { createTestTerminal } from "../../../support/test-terminal.js";

const STREAMS = 300;
const SIZES = [
  [80, 24],
  [40, 10],
  [20, 6],
] as const;
const SCROLLBACK = 50;

it(`restores ${STREAMS} random streams at a random byte: 0 screens differ`, async () => {
  const slicer = eventLoopSlicer();
  const different: string[] = [];
  for (let seed = 1; seed <= STREAMS; seed++) {
    const [cols, rows] = SIZES[seed % SIZES.length]!;
    const stream = randomStream({ seed, cols, rows, pieces: 160 });
    const random = seededRandom(seed * 7919);
    const cut = Math.floor(random() * (stream.length + 1));
    const screen = new Screen({ cols, rows, scrollback: SCROLLBACK, slicer, onReply: () => {} });
    const tail = new SequenceTail();
    const live = createTestTerminal(cols, rows, SCROLLBACK);
    const whole = new WholeCharacters();
    // The upstream cuts where it likes.
    for (let at = 0; at < cut; ) {
      const end = Math.min(cut, at + 1 + Math.floor(random() * 200));
      screen.write(stream.subarray(at, end), false);
      tail.push(stream.subarray(at, end));
      at = end;
    }
    // In one piece, as the screen joins them: xterm.js itself depends on the pieces where it drops wide characters.
    live.feed(whole.push(stream.subarray(0, cut)));
    const client = createTestTerminal(cols, rows, SCROLLBACK);
    client.feed(await screen.snapshot());
    screen.dispose();
    if (tail.bytes.length === 0 && differences(live, client).length > 0) {
      different.push(`seed ${seed}, cut ${cut}: ${differences(live, client).join("; ")}`);
    }
    const rest = new Uint8Array(tail.bytes.length + stream.length - cut);
    rest.set(tail.bytes);
    rest.set(stream.subarray(cut), tail.bytes.length);
    client.feed(rest);
    live.feed(whole.push(stream.subarray(cut)));
    const after = differences(live, client);
    if (after.length > 0) different.push(`seed ${seed}, after the rest of ${cut}: ${after.join("; ")}`);
  }
  expect(different).toEqual([]);
}, 60_000);
