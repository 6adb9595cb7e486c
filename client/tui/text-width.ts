// Text measured in columns of a terminal, and split into what stands in one cell each.
import { charWidth } from "../../shared/char-width.js";

/** What one or two cells show. */
export interface Glyph {
  /** A character with its marks. */
  readonly text: string;
  readonly width: 1 | 2;
}

/** Control characters, line separators and overrides of the direction: nothing of that reaches the terminal. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
/** The joiner and the variation selectors: terminals disagree on the width of what they join, and agree without them. */
const isDisputed = (code: number) =>
  (code >= 0x200b && code <= 0x200f) ||
  (code >= 0x2060 && code <= 0x2064) ||
  (code >= 0xfe00 && code <= 0xfe0f) ||
  code === 0xfeff;
/** Marks on one character; more is an attack on the terminal's patience. */
const MAX_MARKS = 4;

/** Plain ASCII is most of what is shown. */
const PLAIN = /^[\x20-\x7e]*$/;

export function glyphs(text: string): Glyph[] {
  if (PLAIN.test(text)) return Array.from(text, (character) => ({ text: character, width: 1 }) as const);
  const found: { text: string; width: 1 | 2; marks: number }[] = [];
  for (const character of text) {
    if (UNSAFE.test(character)) {
      found.push({ text: "\ufffd", width: 1, marks: 0 });
      continue;
    }
    const code = character.codePointAt(0) ?? 0;
    if (isDisputed(code)) continue;
    const width = charWidth(code);
    const last = found.at(-1);
    if (width !== 0) found.push({ text: character, width, marks: 0 });
    else if (last !== undefined && last.marks++ < MAX_MARKS) last.text += character;
  }
  return found;
}

/** Columns. */
export function textWidth(text: string): number {
  return glyphs(text).reduce((sum, glyph) => sum + glyph.width, 0);
}

/** `text` in at most `width` columns; what is cut ends in `…`. */
export function fitText(text: string, width: number): string {
  if (width <= 0) return "";
  if (textWidth(text) <= width) return text;
  let fitted = "";
  let used = 0;
  for (const glyph of glyphs(text)) {
    if (used + glyph.width > width - 1) break;
    fitted += glyph.text;
    used += glyph.width;
  }
  return `${fitted}…`;
}

/** The same, filled with blanks to exactly `width` columns. */
export function padText(text: string, width: number): string {
  const fitted = fitText(text, width);
  return fitted + " ".repeat(Math.max(0, width - textWidth(fitted)));
}

/** `text` in lines of at most `width` columns, broken at blanks; what is more than `limit` lines is cut with an `…`. */
export function wrapText(text: string, width: number, limit: number): string[] {
  const lines: string[] = [];
  let rest = glyphs(text);
  while (rest.length > 0 && lines.length < limit) {
    let end = 0;
    for (let used = 0; end < rest.length; end++) {
      used += rest[end]?.width ?? 0;
      if (used > width) break;
    }
    // A glyph that is wider than a line is shown all the same, cut by whoever draws it.
    end = Math.max(1, end);
    const isLast = lines.length === limit - 1;
    if (end < rest.length && !isLast) {
      const blank = rest.slice(0, end + 1).findLastIndex((glyph) => glyph.text === " ");
      if (blank > 0) end = blank;
    }
    const shown = isLast ? rest : rest.slice(0, end);
    lines.push(fitText(shown.map((glyph) => glyph.text).join(""), width));
    rest = isLast ? [] : rest.slice(rest[end]?.text === " " ? end + 1 : end);
  }
  return lines;
}
