// One line of text that is being typed: pure, a key makes the next state of it.
import { glyphs } from "./text-width.js";

export interface EditedLine {
  readonly text: string;
  /** In characters with their marks, 0..length. */
  readonly cursor: number;
}

export function editedLine(text: string): EditedLine {
  return { text, cursor: glyphs(text).length };
}

/** A key as it arrives: its name (`left`, `C-u`, `x`), and the text that it types, if it types any. */
export interface TypedKey {
  readonly key: string;
  readonly text?: string;
}

/** The line after the key; the same object when the key means nothing here. */
export function editLine(line: EditedLine, { key, text }: TypedKey): EditedLine {
  const all = glyphs(line.text).map((glyph) => glyph.text);
  const { cursor } = line;
  const joined = (characters: readonly string[], at: number): EditedLine => ({
    text: characters.join(""),
    cursor: Math.max(0, Math.min(at, characters.length)),
  });
  switch (key) {
    case "left":
    case "C-b":
      return joined(all, cursor - 1);
    case "right":
    case "C-f":
      return joined(all, cursor + 1);
    case "home":
    case "C-a":
      return joined(all, 0);
    case "end":
    case "C-e":
      return joined(all, all.length);
    case "backspace":
      return cursor === 0 ? line : joined(all.toSpliced(cursor - 1, 1), cursor - 1);
    case "delete":
    case "C-d":
      return joined(all.toSpliced(cursor, 1), cursor);
    case "C-u":
      return joined(all.slice(cursor), 0);
    case "C-k":
      return joined(all.slice(0, cursor), cursor);
    case "C-w": {
      const start = all
        .slice(0, cursor)
        .join("")
        .replace(/\S*\s*$/, "");
      const kept = glyphs(start).length;
      return joined([...all.slice(0, kept), ...all.slice(cursor)], kept);
    }
    default: {
      if (text === undefined) return line;
      const typed = glyphs(text.replace(/[\r\n\t]+/g, " ")).map((glyph) => glyph.text);
      return joined([...all.slice(0, cursor), ...typed, ...all.slice(cursor)], cursor + typed.length);
    }
  }
}
