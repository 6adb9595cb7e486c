// The screen's cost: parsing a flood in slices, and drawing a full scrollback for whoever attaches.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bench, describe } from "vitest";
import { QueryFilter } from "../../daemon/terminal/query-filter.js";
import { Screen } from "../../daemon/terminal/screen.js";
import { SequenceTail } from "../../daemon/terminal/sequence-tail.js";
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

const full = newScreen();
full.write(log, false);
await full.text({});

describe("screen", () => {
  bench(`parse ${(log.length / 1e6).toFixed(1)} MB of log`, () => parse(log));
  bench(`parse ${(vim.length / 1e3).toFixed(0)} KB of vim`, () => parse(vim));
  bench("snapshot of 5,000 lines", async () => void (await full.snapshot()));
});

describe("relay", () => {
  bench("sequence tail, 1 MB", () => new SequenceTail().push(log.subarray(0, 1_000_000)));
  bench("query filter, 1 MB", () => void new QueryFilter(new Uint8Array(0)).push(log.subarray(0, 1_000_000)));
});
