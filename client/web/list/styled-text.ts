// Reads text with colours (SGR) into runs of one style each: what a preview needs of a terminal.

/** A colour: one of the terminal's 256, or `#rrggbb`. */
export type Color = number | string;

export interface TextStyle {
  readonly fg?: Color;
  readonly bg?: Color;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly inverse?: true;
}

export interface StyledRun {
  readonly text: string;
  readonly style: TextStyle;
}

type MutableStyle = { -readonly [K in keyof TextStyle]: TextStyle[K] };

const SEQUENCE =
  /\u001b\[([0-9;:]*)m|\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]P_^X][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]|[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g;

/** Everything but SGR and line feeds is left out, so that the runs are text and nothing else. Never throws. */
export function styledRuns(text: string): StyledRun[] {
  const runs: StyledRun[] = [];
  let style: TextStyle = {};
  let at = 0;
  const add = (part: string) => {
    if (part === "") return;
    const last = runs.at(-1);
    if (last?.style === style) runs[runs.length - 1] = { text: last.text + part, style };
    else runs.push({ text: part, style });
  };
  for (const match of text.matchAll(SEQUENCE)) {
    add(text.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[1] !== undefined) style = restyle(style, match[1]);
  }
  add(text.slice(at));
  return runs;
}

function restyle(before: TextStyle, parameters: string): TextStyle {
  const codes = parameters.split(/[;:]/).map((code) => Number(code || 0));
  let style: MutableStyle = { ...before };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 0) style = {};
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 3) style.italic = true;
    else if (code === 4) style.underline = true;
    else if (code === 7) style.inverse = true;
    else if (code === 22) {
      delete style.bold;
      delete style.dim;
    } else if (code === 23) delete style.italic;
    else if (code === 24) delete style.underline;
    else if (code === 27) delete style.inverse;
    else if (code === 39) delete style.fg;
    else if (code === 49) delete style.bg;
    else if (code >= 30 && code <= 37) style.fg = code - 30;
    else if (code >= 40 && code <= 47) style.bg = code - 40;
    else if (code >= 90 && code <= 97) style.fg = code - 82;
    else if (code >= 100 && code <= 107) style.bg = code - 92;
    else if (code === 38 || code === 48) {
      const { color, used } = extendedColor(codes.slice(i + 1));
      i += used;
      if (color !== undefined) style[code === 38 ? "fg" : "bg"] = color;
    }
  }
  return style;
}

/** `5;n` or `2;r;g;b`. */
function extendedColor(codes: readonly number[]): { color: Color | undefined; used: number } {
  const [mode, first = 0, second = 0, third = 0] = codes;
  if (mode === 5) return { color: first <= 255 ? first : undefined, used: 2 };
  if (mode !== 2) return { color: undefined, used: 0 };
  const parts = [first, second, third];
  if (parts.some((part) => part > 255)) return { color: undefined, used: 4 };
  return { color: `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`, used: 4 };
}

/**
 * The `count` lines that tell most of a screen: the last that show something, if only a colour, or, where those are nearly empty (an
 * editor with a short file), the first.
 */
export function tellingLines(text: string, count: number): string {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  while (lines.length > 0 && !isSeen(lines.at(-1) ?? "")) lines.pop();
  const last = lines.slice(-count);
  const telling = last.filter(tells).length;
  return (telling * 3 < last.length ? lines.slice(0, count) : last).join("\n");
}

/** Every line begins plain, so it can be looked at by itself. */
function isSeen(line: string): boolean {
  return styledRuns(line).some(
    ({ text, style }) => /\S/.test(text) || style.bg !== undefined || style.inverse === true,
  );
}

/** An editor marks what is beyond the end of its file with `~`, perhaps on a background of its own. */
function tells(line: string): boolean {
  const words = styledRuns(line)
    .map(({ text }) => text)
    .join("")
    .trim();
  return words === "" ? isSeen(line) : /[^\s~]/.test(words);
}
