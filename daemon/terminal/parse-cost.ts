// Foresees how much work output makes a screen, so that no piece that is parsed at once holds the event loop for long.

const [ESC, C2, BRACKET, SEMICOLON] = [0x1b, 0xc2, 0x5b, 0x3b];

/** What one piece may cost, in cells that are written or moved: some 2 ms. One sequence may cost more, and is not divided. */
const MAX_COST_CELLS = 100_000;

const Work = {
  /** Of no account. */
  Little: 0,
  /** A line. */
  Line: 1,
  /** As often as its number says. */
  Repetition: 2,
  /** A change of screens, or a mode that costs nothing. */
  Mode: 3,
  /** The whole screen, as far as is known. */
  Screen: 4,
} as const;

/** What stands behind `ESC [`, by its final byte. What is not named here may take the whole screen. */
const CSI_WORK = workOf("ABCDEFGH`acdefgmnqrstu\u001b", "IKXPZ@", "b", "hl");
/** What follows ESC: introducers cost nothing by themselves, and neither do intermediates, but `#`. */
const ESCAPE_WORK = workOf("78=>DEHNOZ\\]PX^_()*+-./ %nor|}~", "M", "", "");

/** Modes that change or clear the screen. */
const SCREEN_MODES = new Set([3, 47, 1047, 1049]);

function workOf(little: string, line: string, repetition: string, mode: string): Uint8Array {
  const table = new Uint8Array(256).fill(Work.Screen);
  const put = (finals: string, work: number) => {
    for (const final of finals) table[final.charCodeAt(0)] = work;
  };
  put(little, Work.Little);
  put(line, Work.Line);
  put(repetition, Work.Repetition);
  put(mode, Work.Mode);
  return table;
}

/**
 * Where a piece of `bytes` from `from` ends, which is `to` unless it would cost too much: then behind the sequence that passes
 * the bound. Sequences that are cut at either end are counted by what is seen of them.
 */
export function pieceEnd(
  bytes: Uint8Array,
  from: number,
  to: number,
  { cols, rows }: { readonly cols: number; readonly rows: number },
): number {
  const piece = bytes.subarray(from, to);
  // Text alone is searched at the speed of memory.
  if (!piece.includes(ESC) && !piece.includes(C2)) return to;
  let cost = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte !== ESC && byte !== C2) continue;
    // The other form of the controls of C1: as if ESC stood before the letter.
    const second = byte === ESC ? (bytes[at + 1] ?? 0) : (bytes[at + 1] ?? 0) - 0x40;
    if (byte === C2 && (second < 0x40 || second > 0x5f)) continue;
    let work = ESCAPE_WORK[second];
    let number = 0;
    if (second === BRACKET) {
      let isModified = false;
      let isList = false;
      // Controls inside a sequence are carried out without ending it.
      for (at += 2; at < to; at++) {
        const next = bytes[at] as number;
        if (next >= 0x40 || next === ESC) break;
        if (next >= 0x30 && next <= 0x39) number = number * 10 + next - 0x30;
        else if (next === SEMICOLON) isList = true;
        else if (next >= 0x20 && next < 0x30) isModified = true;
      }
      work = CSI_WORK[bytes[at] ?? 0];
      if (isModified || (isList && work === Work.Mode)) work = Work.Screen;
      if (bytes[at] === ESC) at--;
    }
    if (work === Work.Line) cost += cols + rows;
    else if (work === Work.Repetition) cost += number;
    else if (work === Work.Screen || (work === Work.Mode && SCREEN_MODES.has(number))) cost += cols * rows;
    if (cost > MAX_COST_CELLS) return Math.min(to, at + 1);
  }
  return to;
}
