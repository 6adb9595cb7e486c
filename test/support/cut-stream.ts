// Cuts a stream at many places and tells where a terminal restored there could be told from one that saw it all.

import { ScrollbackCache } from "../../daemon/terminal/drawing/scrollback-cache.js";
import { serialize } from "../../daemon/terminal/drawing/serializer.js";
import { SequenceTail } from "../../daemon/terminal/stream/sequence-tail.js";
import { WholeCharacters } from "../../daemon/terminal/stream/whole-characters.js";
import { differences } from "./compare-terminals.js";
import { seededRandom } from "./random-stream.js";
import { createTestTerminal, type TestTerminal } from "./test-terminal.js";

interface Size {
  readonly cols: number;
  readonly rows: number;
}

export interface CutOptions {
  readonly stream: Uint8Array;
  /** Ascending. */
  readonly cuts: readonly number[];
  readonly size?: Size;
  readonly scrollback?: number;
  /** The terminal that saw it all changes to this size at half of the stream; one restored before changes with it. */
  readonly resize?: Size;
}

/** A terminal that another program left behind: modes, margins, pen and charsets that a snapshot must undo. */
const LEFT_BEHIND =
  "\x1b[?6;7;1003;1006;2004;5h\x1b[4h\x1b[3;9r\x1b[1;4:3;41m\x1b(0\x0e\x1b[2;5H\x1b7\x1b[?1049h\x1b[>5uleft\x1b[?25";

/** `count` random places in a stream of `length` bytes, ascending. */
export function randomCuts(seed: number, count: number, length: number): readonly number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => Math.floor(random() * (length + 1))).sort((a, b) => a - b);
}

export function everyCut(length: number): readonly number[] {
  return Array.from({ length: length + 1 }, (_, cut) => cut);
}

/**
 * At every cut: with a cache of the scrollback or without, the snapshot and the unfinished tail on a terminal with a past, compared now and after the rest of the
 * stream; and a snapshot of that terminal, which must restore the same again.
 */
export function differencesAtCuts(options: CutOptions): readonly string[] {
  const { stream, cuts, size = { cols: 80, rows: 24 }, scrollback = 200, resize } = options;
  const found: string[] = [];
  const resizeAt = resize === undefined ? Number.POSITIVE_INFINITY : stream.length >> 1;
  const live = createTestTerminal(size.cols, size.rows, scrollback);
  const tail = new SequenceTail();
  const whole = new WholeCharacters();
  const restored: { copy: TestTerminal; cut: number; unfinished: Uint8Array }[] = [];
  // Small chunks, so that short streams have some; every second snapshot uses what the ones before have left.
  const cache = new ScrollbackCache(live.terminal, 3);
  let at = 0;
  const advance = (to: number) => {
    const piece = stream.subarray(at, to);
    live.feed(whole.push(piece));
    tail.push(piece);
    at = to;
  };
  const note = (where: string, copy: TestTerminal) => {
    const different = differences(live, copy);
    if (different.length > 0) found.push(`${where}: ${different.slice(0, 3).join("; ")}`);
  };
  for (const [index, cut] of cuts.entries()) {
    if (at < resizeAt && cut >= resizeAt && resize !== undefined) {
      advance(resizeAt);
      live.terminal.resize(resize.cols, resize.rows);
    }
    advance(cut);
    const snapshot = [...serialize(live.state, live.tracker, index % 2 === 0 ? { cache } : {})].join("");
    const copy = createTestTerminal(live.terminal.cols, live.terminal.rows, scrollback);
    copy.feed(LEFT_BEHIND);
    copy.feed(snapshot);
    const unfinished = tail.bytes;
    // In the midst of a sequence, they are the same when it is complete.
    if (unfinished.length === 0) {
      note(`cut at ${cut}`, copy);
      const again = [...serialize(copy.state, copy.tracker)].join("");
      if (index % 4 === 1) {
        const second = createTestTerminal(live.terminal.cols, live.terminal.rows, scrollback);
        second.feed(again);
        note(`snapshot of a snapshot at ${cut}`, second);
      }
    }
    restored.push({ copy, cut, unfinished });
  }
  if (at < resizeAt && resize !== undefined) {
    advance(resizeAt);
    live.terminal.resize(resize.cols, resize.rows);
  }
  advance(stream.length);
  for (const { copy, cut, unfinished } of restored) {
    const rest = new WholeCharacters();
    copy.feed(rest.push(unfinished));
    if (cut < resizeAt && resize !== undefined) {
      copy.feed(rest.push(stream.subarray(cut, resizeAt)));
      copy.terminal.resize(resize.cols, resize.rows);
      copy.feed(rest.push(stream.subarray(resizeAt)));
    } else {
      copy.feed(rest.push(stream.subarray(cut)));
    }
    note(`after the rest, cut at ${cut}`, copy);
  }
  return found;
}
