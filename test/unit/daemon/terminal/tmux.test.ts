// xterm.js could be wrong in the same way twice: a snapshot must also look right in a terminal that others wrote.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serialize } from "../../../../daemon/terminal/drawing/serializer.js";
import { QueryFilter } from "../../../../daemon/terminal/filter/query-filter.js";
import { SequenceTail } from "../../../../daemon/terminal/stream/sequence-tail.js";
import { isFullRun } from "../../../support/figures.js";
import { createTestTerminal } from "../../../support/test-terminal.js";
import { TmuxServer, tmuxMissing } from "../../../support/tmux-pane.js";

const folder = new URL("../../../fixtures/recordings/", import.meta.url);
const recordings = readdirSync(folder);
/** tmux takes its time: a plain run shows it every fifth program. */
const shown = recordings.filter((_, at) => isFullRun || at % 5 === 3);
const SCROLL_UP = /\x1b\[\d*S/;
const missing = tmuxMissing();

describe.skipIf(missing)(`a snapshot in a tmux pane${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let directory = "";
  let tmux: TmuxServer;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "tmux-"));
    tmux = new TmuxServer(directory);
  });

  afterAll(() => {
    tmux.close();
    rmSync(directory, { recursive: true });
  });

  it.each(shown)("looks like the live stream of %s", (name) => {
    const filter = new QueryFilter(new Uint8Array(0));
    // Where tmux breaks a line with zero-width joiners depends on how its reads cut the bytes, so it gets none.
    const recording = readFileSync(new URL(name, folder)).toString("latin1").replaceAll("\xe2\x80\x8d", "");
    const stream = filter.push(new Uint8Array(Buffer.from(recording, "latin1")));
    for (const share of [0.3, 0.8]) {
      const cut = Math.floor(stream.length * share);
      const tail = new SequenceTail();
      tail.push(stream.subarray(0, cut));
      const whole = stream.subarray(0, cut - tail.bytes.length);
      const screen = createTestTerminal(80, 24, 2000);
      screen.feed(whole);
      const snapshot = new TextEncoder().encode([...serialize(screen.state, screen.tracker)].join(""));
      const expected = tmux.show(whole, 80, 24);
      const actual = tmux.show(snapshot, 80, 24);
      // tmux keeps lines that SU scrolls off as history, xterm.js and others do not.
      const asked = SCROLL_UP.test(recording) ? { ...expected, history: actual.history } : expected;
      expect(actual, `${name} cut at ${cut}`).toEqual(asked);
      // And what the program draws next, up to its end.
      const rest = stream.subarray(whole.length);
      expect(tmux.show(joined(snapshot, rest), 80, 24).text, `rest of ${name}`).toBe(
        tmux.show(stream, 80, 24).text,
      );
    }
  });
});

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
