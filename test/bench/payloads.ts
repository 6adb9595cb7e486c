// The files that floods are made of: a log, a coloured log, and text in many scripts; the same bytes every time.
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

export type PayloadKind = "ascii" | "colour" | "utf8";

const WORDS = "request served from cache in region after retry queue worker batch token session shard".split(
  " ",
);
const SCRIPTS = [
  "日志",
  "处理",
  "完成",
  "リクエスト",
  "応答",
  "세션",
  "시작",
  "Ωμέγα",
  "привет",
  "🙂",
  "🚀",
  "👍🏽",
  "é",
];

/** mulberry32: small, seedable, good enough to vary lines. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const LINES: Record<PayloadKind, (number: number, pick: (list: readonly string[]) => string) => string> = {
  ascii: (number, pick) =>
    `2026-01-02T03:04:05Z INFO ${number} ${Array.from({ length: 6 }, () => pick(WORDS)).join(" ")}\n`,
  colour: (number, pick) =>
    `\x1b[2m03:04:05\x1b[0m \x1b[1;3${1 + (number % 7)}mINFO\x1b[0m ${number} ${Array.from(
      { length: 6 },
      (_, i) => `\x1b[38;5;${(number + i * 37) % 256}m${pick(WORDS)}`,
    ).join(" ")}\x1b[0m\n`,
  utf8: (number, pick) => `${number} ${Array.from({ length: 8 }, () => pick(SCRIPTS)).join(" ")}\n`,
};

/** Writes `megabytes` of `kind` into `directory`: a mebibyte of different lines, again and again. */
export function writePayload(directory: string, kind: PayloadKind, megabytes: number): string {
  const random = seeded(1);
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] as string;
  const lines: string[] = [];
  for (let bytes = 0; bytes < 2 ** 20; ) {
    const line = LINES[kind](lines.length, pick);
    lines.push(line);
    bytes += Buffer.byteLength(line);
  }
  const block = Buffer.from(lines.join(""));
  const path = join(directory, `${kind}${megabytes}`);
  const file = openSync(path, "w");
  for (let i = 0; i < megabytes; i++) writeSync(file, block);
  closeSync(file);
  return path;
}
