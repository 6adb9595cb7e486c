// The replays that are hardest to resolve: repetitions and near misses as long as a ring, and a function that resolves them.
import { DeliveredOutput } from "../../daemon/upstream/replay/delivered-output.js";
import { ReplayResolver } from "../../daemon/upstream/replay/replay-resolver.js";
import { terminalStream } from "./terminal-streams.js";

const KEPT = 524_288;
const RING = 262_144;

/** What was delivered, and the replay that is compared with it. */
export const hardReplays: Record<string, readonly [delivered: Uint8Array, replay: Uint8Array]> = {
  "a new replay": [
    terminalStream("log lines").subarray(0, KEPT),
    terminalStream("position blocks").subarray(0, RING),
  ],
  "a repeated replay": [
    terminalStream("log lines").subarray(0, KEPT),
    terminalStream("log lines").subarray(KEPT - 200_000, KEPT - 200_000 + RING),
  ],
  yes: [terminalStream("yes").subarray(0, KEPT), terminalStream("yes").subarray(0, RING)],
  "one byte, then another": [same(KEPT), withLast(same(RING), 0x62)],
  "near misses": [nearMisses(KEPT), same(RING)],
  "a Fibonacci word": [fibonacci(KEPT), fibonacci(RING)],
  "a Fibonacci word, shifted": [fibonacci(KEPT + 17).subarray(17), withLast(fibonacci(RING), 0x63)],
};

/** From the reattach to the decision. */
export function resolveReplay(before: Uint8Array, frames: readonly Uint8Array[]): void {
  const delivered = new DeliveredOutput();
  delivered.append(before);
  const resolver = new ReplayResolver({ delivered, model: "unknown", nowMs: 0 });
  for (const frame of frames) {
    if (resolver.push(frame, 0) !== undefined) break;
  }
  resolver.expire(10_000);
}

/** In frames of `size` bytes. */
export function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
}

function same(length: number): Uint8Array {
  return new Uint8Array(length).fill(0x61);
}

function withLast(bytes: Uint8Array, last: number): Uint8Array {
  bytes[bytes.length - 1] = last;
  return bytes;
}

/** Runs of one byte, each cut a little later than the one before. */
function nearMisses(length: number): Uint8Array {
  const bytes = same(length);
  for (let at = 0, run = 1; at < length; at += run, run += 7) bytes[at] = 0x62;
  return bytes;
}

function fibonacci(length: number): Uint8Array {
  let [shorter, longer] = ["b", "a"];
  while (longer.length < length) [shorter, longer] = [longer, longer + shorter];
  return Buffer.from(longer.slice(0, length));
}
