// Output of the kinds that programs print, unique or repeating, as long as is asked for: what replays are tested with.
import { seededRandom } from "./random-stream.js";

export type StreamKind =
  | "position blocks"
  | "log lines"
  | "yes"
  | "repeated file"
  | "long repeated file"
  | "progress bar"
  | "bare prompts"
  | "repaint cycle";

/** Each window of 64 bytes stands in the stream once. */
export const UNIQUE_KINDS: readonly StreamKind[] = ["position blocks", "log lines"];
/** Where the same bytes come again and again. */
export const PERIODIC_KINDS: readonly StreamKind[] = [
  "yes",
  "repeated file",
  "progress bar",
  "bare prompts",
  "repaint cycle",
];

/** Repeats itself so seldom that neither a replay nor what was delivered need show it: the hardest kind. */
export const LONG_KIND: StreamKind = "long repeated file";

const encoder = new TextEncoder();
const LENGTH = 6_000_000;
const cache = new Map<StreamKind, Uint8Array>();

/** Six million bytes; the same ones each time. */
export function terminalStream(kind: StreamKind): Uint8Array {
  const known = cache.get(kind);
  if (known !== undefined) return known;
  const bytes = makers[kind]();
  cache.set(kind, bytes);
  return bytes;
}

const makers: Record<StreamKind, () => Uint8Array> = {
  "position blocks": () =>
    lines((at) => `${at.toString(16).padStart(16, "0")} ${hash(at).toString(16).padStart(8, "0")} ok\r\n`),
  "log lines": () => {
    const random = seededRandom(7);
    const levels = ["INFO ", "WARN ", "DEBUG"];
    const texts = ["request done", "cache miss", "retrying", "é — 日本", "\x1b[33mslow query\x1b[0m"];
    let id = 0;
    return lines(() => {
      id++;
      const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] ?? "";
      return `2026-11-21 07:03 ${pick(levels)} [worker-${id % 4}] ${pick(texts)} id=${hash(id)} ms=${id}\r\n`;
    });
  },
  yes: () => lines(() => "y\r\n"),
  "repeated file": () => repeat(file(3_000)),
  "long repeated file": () => repeat(file(220_000)),
  "progress bar": () =>
    lines((_, n) => `\r[${"#".repeat(n % 101).padEnd(100)}] ${String(n % 101).padStart(3)}%`),
  "bare prompts": () => lines(() => "\x1b[01;32muser@host\x1b[00m:\x1b[01;34m~/src\x1b[00m$ \r\n"),
  "repaint cycle": () => {
    const frames = Array.from({ length: 10 }, (_, n) => {
      const random = seededRandom(100 + n);
      const rows = Array.from({ length: 24 }, (_, row) => {
        const text = Array.from({ length: 60 }, () =>
          String.fromCharCode(97 + Math.floor(random() * 26)),
        ).join("");
        // Most rows are the same in each frame, as on a real screen.
        return `\x1b[${row + 1};1H${row % 4 === 0 ? text : `row ${row} of a table that does not change `.padEnd(60, "-")}`;
      });
      return `\x1b[H${rows.join("")}`;
    });
    return repeat(frames.join(""));
  },
};

function lines(line: (at: number, n: number) => string): Uint8Array {
  const parts: string[] = [];
  let length = 0;
  for (let n = 0; length < LENGTH; n++) {
    const text = line(length, n);
    parts.push(text);
    length += text.length;
  }
  return encoder.encode(parts.join("")).subarray(0, LENGTH);
}

function repeat(text: string): Uint8Array {
  return encoder.encode(text.repeat(Math.ceil(LENGTH / text.length))).subarray(0, LENGTH);
}

/** Text without a repetition of its own. */
function file(bytes: number): string {
  const random = seededRandom(11);
  let text = "";
  while (text.length < bytes)
    text += `${Math.floor(random() * 1e12).toString(36)} = ${hash(text.length)}\r\n`;
  return text.slice(0, bytes);
}

function hash(value: number): number {
  return Math.imul(value ^ (value >>> 15), 0x2c1b3c6d) >>> 0;
}
