import { describe, expect, it } from "vitest";
import { Screen } from "../../../../daemon/terminal/screen.js";
import { Skim } from "../../../../daemon/terminal/skim.js";
import { eventLoopSlicer } from "../../../support/event-loop-slicer.js";
import { firstSeed } from "../../../support/figures.js";
import { seededRandom } from "../../../support/random-stream.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const size = { cols: 20, rows: 4, scrollback: 10 };
const MIB = 1024 * 1024;

/** The screen after `chunks`: in one flood, or each parsed before the next comes. */
async function snapshotAfter(chunks: readonly Uint8Array[], flood: boolean): Promise<string> {
  const screen = new Screen({ ...size, slicer: eventLoopSlicer(), onReply: () => {} });
  for (const chunk of chunks) {
    screen.write(chunk, false);
    if (!flood) await screen.text();
  }
  const drawn = Buffer.from(await screen.snapshot()).toString();
  screen.dispose();
  return drawn;
}

/** Pieces that floods are made of: mostly lines, now and then something that must not be passed over. */
const PLAIN = [
  "text",
  "\t",
  "\r\n",
  "\n",
  "\r",
  "日本",
  "é",
  "👩‍💻",
  "e\u0301",
  "\x1b[m",
  "\x1b[31m",
  "\x1b[0;1m",
  "\x1b[48;5;9m",
  "\x1b[4:3m",
];
const OTHER = [
  "\x1b[2;3r",
  "\x1b[r",
  "\x1b[?1049h",
  "\x1b[?1049l",
  "\x1b[H",
  "\x1b[2A",
  "\x1b]2;t\x07",
  "\x1b(0",
  "\x1b(B",
  "\x1b[?7l",
  "\x1b[?7h",
  "\x1b[4h",
  "\x1b[4l",
  "\x0e",
  "\x0f",
  "\x1b[20h",
  "\x1b[20l",
  "\xff",
  "\x1b7",
  "\x1b8",
  "\x1b[J",
  "\x1b[3J",
  "\x1bM",
  "\x1b[?6h",
  "\x1b[?6l",
];

function randomFlood(seed: number): readonly Uint8Array[] {
  const random = seededRandom(seed);
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] ?? "";
  // Some floods are all lines, some full of other things.
  const rarity = random() ** 4 / 20;
  const parts: string[] = [];
  for (let length = 0; length < 0.5 * MIB; length += parts.at(-1)?.length ?? 0) {
    const isOther = random() < rarity;
    const text = `${Math.floor(random() * 1e9).toString(36)}`.repeat(1 + Math.floor(random() * 5));
    parts.push(isOther ? pick(OTHER) : random() < 0.4 ? `${text}\r\n` : random() < 0.5 ? text : pick(PLAIN));
  }
  const whole = bytes(parts.join(""));
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < whole.length; ) {
    const end = at + 1 + Math.floor(random() ** 3 * 60_000);
    chunks.push(whole.slice(at, end));
    at = end;
  }
  return chunks;
}

describe("a flood", () => {
  const first = firstSeed();
  it.each(Array.from({ length: 40 }, (_, index) => first + index))(
    "leaves the same screen and history as when all of it is parsed (seed %i)",
    async (seed) => {
      const chunks = randomFlood(seed);
      expect(await snapshotAfter(chunks, true)).toBe(await snapshotAfter(chunks, false));
    },
  );

  it("is not kept waiting when somebody looks", async () => {
    const screen = new Screen({ ...size, slicer: eventLoopSlicer(), onReply: () => {} });
    screen.write(bytes("flood\r\n".repeat(10_000)), false);
    expect(screen.pendingBytes).toBeGreaterThan(0);
    expect(await screen.text()).toContain("flood");
    expect(screen.pendingBytes).toBe(0);
  });
});

describe("Skim", () => {
  const skim = (text: string) => {
    const whole = new Skim();
    whole.push(bytes(text));
    return whole;
  };
  const lines = "a line\r\n".repeat(1000);

  it.each([
    "\x1b[2J",
    "\x1b]0;t\x07",
    "\x1b(0",
    "\x0e",
    "\x1bM",
    "\x00",
    "\x7f",
    "\u009b",
    "\x1b[?25l",
    "\x1b[1;2H",
    "\x1b[3",
  ])("stops at %j, however it is cut", (other) => {
    const whole = bytes(lines + other + lines);
    for (let cut = 0; cut <= other.length + 2; cut++) {
      const one = new Skim();
      const at = lines.length - 1 + cut;
      if (one.push(whole.subarray(0, at))) one.push(whole.subarray(at));
      expect(one.stop).toBe(lines.length);
    }
  });

  it("passes over text and colours in chunks of every size, and finds the same place", () => {
    const whole = bytes("\x1b[0;31m日本 é\x1b[1m😀\x1b[m\r\n".repeat(500));
    const expected = skim(Buffer.from(whole).toString()).keptFrom(100);
    for (const size of [1, 2, 3, 7, 64, 65, 1000]) {
      const one = new Skim();
      for (let at = 0; at < whole.length; at += size)
        expect(one.push(whole.subarray(at, at + size)), `size ${size}`).toBe(true);
      expect(one.stop).toBe(whole.length);
      expect(one.keptFrom(100)).toBe(expected);
    }
  });

  it("leaves out nothing of which fewer lines follow", () => {
    const whole = skim(lines);
    expect(whole.keptFrom(999)).toBe(0);
    const kept = whole.keptFrom(100);
    expect(kept).toBeGreaterThan(0);
    expect((lines.length - kept) / 8).toBeGreaterThanOrEqual(100);
  });

  it("does not count line feeds without a carriage return: they keep the column", () => {
    expect(skim("a line \n".repeat(1000)).keptFrom(10)).toBe(0);
  });

  it("begins at a reset of the pen once there was a pen", () => {
    const colored = `\x1b[31m${lines}\x1b[0;1m${lines}`;
    expect(skim(colored).keptFrom(100)).toBe(5 + lines.length);
    expect(skim(`\x1b[31m${lines}`).keptFrom(100)).toBe(0);
  });
});
