// Drawing from the cache cannot be told from drawing anew, whatever happens to the scrollback in between.
import { expect, it } from "vitest";
import { ScrollbackCache } from "../../../../../daemon/terminal/drawing/scrollback-cache.js";
import { serialize } from "../../../../../daemon/terminal/drawing/serializer.js";
import { differences } from "../../../../support/compare-terminals.js";
import { firstSeed, repetitions } from "../../../../support/figures.js";
import { seededRandom } from "../../../../support/random-stream.js";
import { createTestTerminal } from "../../../../support/test-terminal.js";

const ESC = "\x1b";
const seed = firstSeed();
const runs = repetitions({ ci: 40, full: 2000 });

it(`draws the same with a cache as without through ${runs} random histories from seed ${seed}`, () => {
  for (let at = seed; at < seed + runs; at++) {
    const random = seededRandom(at);
    const int = (below: number) => Math.floor(random() * below);
    const live = createTestTerminal(20, 6, 30);
    const cache = new ScrollbackCache(live.terminal, 1 + int(5));
    for (let step = 0; step < 40; step++) {
      switch (int(12)) {
        case 0:
          live.terminal.resize(10 + int(20), 3 + int(8));
          break;
        case 1:
          live.feed(`${ESC}[3J`);
          break;
        case 2:
          live.feed(random() < 0.3 ? `${ESC}c` : `${ESC}[H${ESC}[2J`);
          break;
        case 3:
          live.feed(`${ESC}[?1049${random() < 0.5 ? "h" : "l"}`);
          break;
        case 4:
          live.feed(`${ESC}[1;${2 + int(3)}r${"\n".repeat(int(12))}${ESC}[r`);
          break;
        case 5:
          live.feed(`${ESC}[H${ESC}M${ESC}[${1 + int(3)}L${ESC}[${1 + int(3)}M${ESC}[20H`);
          break;
        default:
          for (let line = int(14); line > 0; line--) {
            live.feed(`${ESC}[3${int(8)};4${int(8)}m${"w漢".repeat(int(18))}${ESC}[${int(2)}m${int(99)}\r\n`);
          }
      }
      if (random() < 0.5) continue;
      const copy = createTestTerminal(live.terminal.cols, live.terminal.rows, 30);
      copy.feed([...serialize(live.state, live.tracker, { cache })].join(""));
      expect(differences(live, copy), `seed ${at}, step ${step}`).toEqual([]);
    }
  }
}, 600_000);

it("draws a continuation that was moved to the first line of the screen as one", () => {
  const live = createTestTerminal(20, 6, 30);
  const cache = new ScrollbackCache(live.terminal, 2);
  live.feed(`${"line\r\n".repeat(7)}top\r\n${"w".repeat(30)}`);
  const draw = () => [...serialize(live.state, live.tracker, { cache })].join("");
  draw();
  live.feed(`${ESC}[H${ESC}[5M`);
  expect(live.state.normal.lines.get(live.state.normal.ybase)?.isWrapped).toBe(true);
  const copy = createTestTerminal(20, 6, 30);
  copy.feed(draw());
  expect(differences(live, copy)).toEqual([]);
});

it("keeps what is drawn until it is trimmed, and then lets go of it", () => {
  const live = createTestTerminal(20, 6, 100);
  const cache = new ScrollbackCache(live.terminal, 10);
  const buffer = live.state.normal;
  live.feed("line\r\n".repeat(120));
  const draw = () => void [...serialize(live.state, live.tracker, { cache })];
  expect(cache.firstStart(buffer)).toBeUndefined();
  draw();
  expect(cache.firstStart(buffer)).toBe(0);
  const kept = cache.get(buffer, 10);
  expect(kept?.lines).toBe(10);
  live.feed("more\r\n".repeat(5));
  draw();
  expect(cache.get(buffer, 5)).toBe(kept);
  live.feed("more\r\n".repeat(200));
  expect(cache.firstStart(buffer)).toBeUndefined();
});
