// Reads a line of text with SGR sequences, as the daemon sends it for a preview; everything else that it may hold is not trusted.

export interface StyledText {
  readonly text: string;
  /** Parameters of an SGR sequence; empty: plain. */
  readonly style: string;
}

/** A whole SGR sequence with nothing but numbers, or any other sequence, which is left out. */
const SEQUENCE = /\u001b(?:\[([\d;:]*)m|\[[\x20-\x3f]*[\x40-\x7e]?|[\x20-\x2f]*[\x30-\x7e]?)/y;
/** A style grows with every sequence that does not begin with a reset; beyond this it is no style any more. */
const MAX_STYLE = 120;

/** Runs of text in one style each. Control characters in the text are left for the canvas, which shows them as what they are. */
export function parseAnsiLine(line: string): StyledText[] {
  const runs: StyledText[] = [];
  let style = "";
  let at = 0;
  while (at < line.length) {
    const mark = line.indexOf("\u001b", at);
    const end = mark === -1 ? line.length : mark;
    if (end > at) runs.push({ text: line.slice(at, end), style });
    if (mark === -1) break;
    SEQUENCE.lastIndex = mark;
    const found = SEQUENCE.exec(line);
    if (found?.[1] !== undefined) style = nextStyle(style, found[1]);
    at = mark + Math.max(1, found?.[0].length ?? 1);
  }
  return runs;
}

function nextStyle(before: string, parameters: string): string {
  if (/^0*$/.test(parameters)) return "";
  const afterReset = /^0*;(.*)$/.exec(parameters)?.[1];
  if (afterReset !== undefined) return afterReset;
  const style = before === "" ? parameters : `${before};${parameters}`;
  return style.length > MAX_STYLE ? "" : style;
}
