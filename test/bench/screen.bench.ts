// The screen's cost: parsing a flood in slices, and drawing a full scrollback for whoever attaches.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bench, describe } from "vitest";
import { QueryFilter } from "../../daemon/terminal/filter/query-filter.js";
import { Screen } from "../../daemon/terminal/screen.js";
import { SequenceTail } from "../../daemon/terminal/stream/sequence-tail.js";
import { eventLoopSlicer } from "../support/event-loop-slicer.js";

const recordings = join(import.meta.dirname, "..", "fixtures", "recordings");
const log = Buffer.from(
  Array.from({ length: 40_000 }, (_, i) => `${i} the quick brown fox jumps\r\n`).join(""),
);
const vim = readFileSync(join(recordings, "vim.bin"));

const slicer = eventLoopSlicer();
const newScreen = () => new Screen({ cols: 80, rows: 24, scrollback: 5000, slicer, onReply: () => {} });

async function parse(bytes: Uint8Array): Promise<void> {
  const screen = newScreen();
  for (let at = 0; at < bytes.length; at += 16_384) screen.write(bytes.slice(at, at + 16_384), false);
  await screen.text({});
  screen.dispose();
}

const kinds: Record<string, (i: number) => string> = {
  ASCII: (i) => `${i} the quick brown fox jumps over the lazy dog\r\n`,
  SGR: (i) => `\x1b[3${i % 8}m${i}\x1b[0;1m the quick \x1b[38;5;${i % 256}mbrown fox\x1b[m jumps\r\n`,
  CJK: (i) => `${i} 日本語のログ 한국어 기록 中文日志\r\n`,
};

async function fullScreen(lines: number, line: (i: number) => string): Promise<Screen> {
  const screen = new Screen({ cols: 80, rows: 24, scrollback: lines, slicer, onReply: () => {} });
  screen.write(Buffer.from(Array.from({ length: lines + 100 }, (_, i) => line(i)).join("")), false);
  await screen.text({});
  return screen;
}

describe("screen", () => {
  bench(`parse ${(log.length / 1e6).toFixed(1)} MB of log`, () => parse(log));
  bench(`parse ${(vim.length / 1e3).toFixed(0)} KB of vim`, () => parse(vim));
});

for (const lines of [5_000, 10_000]) {
  for (const [kind, line] of Object.entries(kinds)) {
    const full = await fullScreen(lines, line);
    let wide = false;
    describe(`snapshot of ${lines} lines of ${kind}`, () => {
      bench("first", async () => {
        // A change of the number of rows forgets what was drawn, and costs next to nothing.
        wide = !wide;
        full.resize({ cols: 80, rows: wide ? 25 : 24 });
        await full.snapshot();
      });
      bench("second", async () => void (await full.snapshot()));
    });
  }
}

describe("relay", () => {
  bench("sequence tail, 1 MB", () => new SequenceTail().push(log.subarray(0, 1_000_000)));
  bench("query filter, 1 MB", () => void new QueryFilter(new Uint8Array(0)).push(log.subarray(0, 1_000_000)));
});
