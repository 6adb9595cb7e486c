// The replay resolver's cost: one whole replay of the hardest kinds, in large frames and byte by byte, and the hot path's copy.
import { bench, describe } from "vitest";
import { DeliveredOutput } from "../../daemon/upstream/replay/delivered-output.js";
import { cut, hardReplays, resolveReplay } from "../support/hard-replays.js";
import { terminalStream } from "../support/terminal-streams.js";

describe("replay resolver, in frames of 32 KiB", () => {
  for (const [name, input] of Object.entries(hardReplays)) {
    const frames = cut(input[1], 32_768);
    bench(name, () => resolveReplay(input[0], frames));
  }
});

describe("replay resolver, byte by byte", () => {
  for (const [name, input] of Object.entries(hardReplays)) {
    const frames = cut(input[1], 1);
    bench(name, () => resolveReplay(input[0], frames));
  }
});

describe("delivered output", () => {
  const log = terminalStream("log lines").subarray(0, 1_000_000);
  const output = new DeliveredOutput();
  bench("append, 1 MB in frames of 1 KB", () => {
    for (let at = 0; at < log.length; at += 1_000) output.append(log.subarray(at, at + 1_000));
  });
});
