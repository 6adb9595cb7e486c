// The screen as a web page of its own: nothing is loaded, nothing runs, every cell stays in its column.
import type { Look, Underline } from "../../../shared/screen-capture.js";
import type { XtermState } from "../xterm/xterm-state.js";
import type { LineRange } from "./screen-lines.js";
import { screenLines } from "./screen-lines.js";
import { type Cell, type Run, runsOf } from "./screen-runs.js";

const FOREGROUND = "#d4d4d4";
const BACKGROUND = "#1e1e1e";

/** xterm's, but for the two blues, which cannot be read on a dark page. */
const COLORS_16 =
  "000000 cd3131 0dbc79 e5e510 3b78d8 bc3fbc 11a8cd e5e5e5 666666 f14c4c 23d18b f5f543 6ea8fe d670d6 29b8db ffffff".split(
    " ",
  );
const CUBE = [0, 95, 135, 175, 215, 255];

const DECORATIONS: Readonly<Record<Underline, string>> = {
  single: "solid",
  double: "double",
  curly: "wavy",
  dotted: "dotted",
  dashed: "dashed",
};

/** Characters that every monospaced font has in one width; all others get a box of their own. */
const EVEN = /^[\u0020-\u007e\u00a0-\u00ac\u00ae-\u00ff\u2500-\u259f]$/;
/** What would change the direction or the lines of the text around it, or is none. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/** Yields the bytes that came with each row, so that a long history can be read in slices, and given up. */
export function* screenHtml(state: XtermState, range: LineRange, title: string): Generator<number, string> {
  const lines: string[] = [];
  for (const { parts } of screenLines(state, range)) {
    let line = "";
    for (const part of parts) {
      const row = runsOf(state, part).map(runHtml).join("");
      line += row;
      yield Buffer.byteLength(row) + 1;
    }
    lines.push(line);
  }
  const font = "font:14px/1.2 'DejaVu Sans Mono',Menlo,Consolas,monospace";
  const style = `margin:0;padding:8px;color:${FOREGROUND};background:${BACKGROUND};${font}`;
  return [
    `<!doctype html><html><head><meta charset="utf-8"><title>${escaped(title.replace(UNSAFE, "\ufffd"))}</title></head>`,
    `<body style="margin:0;background:${BACKGROUND}"><pre style="${style}">${lines.join("\n")}`,
    "</pre></body></html>\n",
  ].join("\n");
}

function runHtml({ cells, look }: Run): string {
  const text = cells.map(cellHtml).join("");
  const style = styleOf(look);
  const attributes = style === "" ? "" : ` style="${style}"`;
  if (look.link !== undefined) {
    const color = look.fg === undefined && look.inverse !== true ? "color:inherit;" : "";
    return `<a href="${escaped(look.link)}" rel="noopener noreferrer" style="${color}${style}">${text}</a>`;
  }
  return style === "" ? text : `<span${attributes}>${text}</span>`;
}

function cellHtml({ text, width }: Cell): string {
  const safe = escaped(text.replace(UNSAFE, "\ufffd"));
  if (width === 1 && EVEN.test(text)) return safe;
  return `<span style="display:inline-block;width:${width}ch">${safe}</span>`;
}

function styleOf(look: Look): string {
  const [front, back] = [colorOf(look.fg) ?? FOREGROUND, colorOf(look.bg) ?? BACKGROUND];
  const [fg, bg] = look.inverse === true ? [back, front] : [front, back];
  const shown = look.dim === true ? mixed(fg, bg) : fg;
  const lines = [
    ...(look.underline === undefined ? [] : ["underline"]),
    ...(look.strikethrough === true ? ["line-through"] : []),
    ...(look.overline === true ? ["overline"] : []),
  ];
  const lineColor = colorOf(look.underlineColor);
  return [
    ...(shown === FOREGROUND ? [] : [`color:${shown}`]),
    ...(bg === BACKGROUND ? [] : [`background:${bg}`]),
    ...(look.bold === true ? ["font-weight:bold"] : []),
    ...(look.italic === true ? ["font-style:italic"] : []),
    ...(lines.length === 0 ? [] : [`text-decoration-line:${lines.join(" ")}`]),
    ...(look.underline === undefined ? [] : [`text-decoration-style:${DECORATIONS[look.underline]}`]),
    ...(lineColor === undefined ? [] : [`text-decoration-color:${lineColor}`]),
    ...(look.invisible === true ? ["visibility:hidden"] : []),
  ].join(";");
}

/** A number of the palette, or `#rrggbb`, as `#rrggbb`. */
function colorOf(color: number | string | undefined): string | undefined {
  if (typeof color !== "number") return color;
  if (color < 16) return `#${COLORS_16[color]}`;
  if (color >= 232) return rgb([0, 0, 0].map(() => 8 + (color - 232) * 10));
  const index = color - 16;
  return rgb([Math.floor(index / 36), Math.floor(index / 6) % 6, index % 6].map((step) => CUBE[step] ?? 0));
}

function rgb(parts: readonly number[]): string {
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** Half way between two colours. */
function mixed(a: string, b: string): string {
  const part = (color: string, at: number) => Number.parseInt(color.slice(at, at + 2), 16);
  return rgb([1, 3, 5].map((at) => Math.round((part(a, at) + part(b, at)) / 2)));
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
