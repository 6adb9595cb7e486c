// Numbers that no program means keep the daemon's terminal busy for as long as sensible ones do, and have the same result.
import { describe, expect, it } from "vitest";
import { coreOf } from "../../../../../daemon/terminal/xterm/xterm-core.js";
import { differences } from "../../../../support/compare-terminals.js";
import { seededRandom } from "../../../../support/random-stream.js";
import { createTestTerminal } from "../../../../support/test-terminal.js";

const HUGE = 2_147_483_647;
const [COLS, ROWS] = [20, 6];
const ALL = ["L", "M", "S", "T", "@", "P", "X", "I", "Z", " @", " A", "'}", "'~"];

/** A screen with a past, colours, margins or none, and the cursor somewhere. */
function scene(seed: number): string {
  const random = seededRandom(seed);
  const below = (bound: number) => Math.floor(random() * bound);
  let text = "";
  for (let n = 0; n < 3 * ROWS; n++) text += `\x1b[${31 + below(7)}m${"x漢y".repeat(below(9))}${n}\r\n`;
  if (below(2) === 0) text += `\x1b[${1 + below(3)};${4 + below(3)}r`;
  if (below(3) === 0) text += "\x1b[?1049habc\r\ndef";
  return `${text}\x1b[4${below(8)}m\x1b[${1 + below(ROWS)};${1 + below(COLS)}H`;
}

/** How often the screen's lines, tab stops and cells are touched by `sequence`. */
function effort(sequence: string, seed: number): number {
  const made = createTestTerminal(COLS, ROWS);
  made.feed(scene(seed));
  let calls = 0;
  const count = <K extends string>(object: Record<K, (...args: never[]) => unknown>, name: K) => {
    const original = object[name] as (...args: unknown[]) => unknown;
    object[name] = ((...args: unknown[]) => {
      calls++;
      if (calls > 1_000_000) throw new Error(`${sequence} does not end, seed ${seed}`);
      return original.apply(object, args);
    }) as never;
  };
  const buffer = coreOf(made.terminal)._bufferService.buffers.active as never as {
    lines: { splice(): void; get(): void };
    nextStop(): number;
    prevStop(): number;
  };
  count(buffer.lines, "splice");
  count(buffer.lines, "get");
  count(buffer, "nextStop");
  count(buffer, "prevStop");
  made.feed(sequence);
  return calls;
}

describe("a huge number", () => {
  it.each(ALL)("is worth a bounded number of steps in CSI %s", (final) => {
    for (let seed = 1; seed <= 20; seed++)
      expect(effort(`\x1b[${HUGE}${final}`, seed), `seed ${seed}`).toBeLessThanOrEqual(8 * (COLS + ROWS));
  });

  it.each(ALL)("does in CSI %s what any number that is large enough does", (final) => {
    for (let seed = 1; seed <= 20; seed++) {
      const huge = createTestTerminal(COLS, ROWS);
      const plain = createTestTerminal(COLS, ROWS);
      huge.feed(`${scene(seed)}\x1b[${HUGE}${final}`);
      // Erasing does not move: again is not further.
      plain.feed(scene(seed) + (final === "X" ? `\x1b[${COLS}X` : `\x1b[1${final}`.repeat(3 * COLS)));
      expect(differences(plain, huge), `seed ${seed}`).toEqual([]);
    }
  });

  it("repeats a character no more often than other terminals do", () => {
    const huge = createTestTerminal(COLS, ROWS);
    const plain = createTestTerminal(COLS, ROWS);
    huge.feed(`a\x1b[${HUGE}b\x1b[m`);
    plain.feed(`${"a".repeat(65_536)}\x1b[m`);
    expect(differences(plain, huge)).toEqual([]);
  });

  it("changes nothing about small ones", () => {
    const made = createTestTerminal(COLS, ROWS);
    made.feed("one\r\ntwo\x1b[H\x1b[2L\x1b[Lx\x1b[2b");
    expect(made.terminal.buffer.active.getLine(3)?.translateToString(true)).toBe("one");
    expect(made.terminal.buffer.active.getLine(0)?.translateToString(true)).toBe("xxx");
  });

  it.each(["\x1bP", "\x1b]", "\x1b]4;", "\x1bP1;", "\x1b_G"])(
    "in the string %j is nothing to count to",
    (start) => {
      const made = createTestTerminal(COLS, ROWS);
      made.feed(`${start}${HUGE};${HUGE}q${HUGE}\x1b\\ok`);
      expect(made.terminal.buffer.active.getLine(0)?.translateToString(true)).toBe("ok");
    },
  );
});
