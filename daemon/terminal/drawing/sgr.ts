// xterm.js' attribute words, and the SGR sequences that bring a terminal to them.
import type { XtermExtended } from "../xterm/xterm-state.js";

/** Bits of a cell's words and of the pen, as xterm.js packs them. */
export const Bits = {
  // Content word.
  codePoint: 0x1fffff,
  combined: 0x200000,
  hasContent: 0x3fffff,
  widthShift: 22,
  // Colour part of both attribute words.
  colorMode: 0x3000000,
  palette16: 0x1000000,
  palette256: 0x2000000,
  rgb: 0x3000000,
  color: 0x3ffffff,
  // Foreground word.
  inverse: 0x4000000,
  bold: 0x8000000,
  underline: 0x10000000,
  blink: 0x20000000,
  invisible: 0x40000000,
  strikethrough: 0x80000000,
  // Background word.
  italic: 0x4000000,
  dim: 0x8000000,
  extended: 0x10000000,
  protected: 0x20000000,
  overline: 0x40000000,
} as const;

/** What SGR, OSC 8 and DECSCA say about a character. */
export interface Style {
  readonly fg: number;
  readonly bg: number;
  /** 0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed. */
  readonly underline: number;
  /** Mode and value as in `fg`; 0: the text's colour. */
  readonly underlineColor: number;
  /** xterm.js' id of the hyperlink; 0: none. */
  readonly linkId: number;
}

export const PLAIN: Style = { fg: 0, bg: 0, underline: 0, underlineColor: 0, linkId: 0 };

/** The style of a cell or pen; `extended` counts only where the background word says so. */
export function styleOf(fg: number, bg: number, extended: XtermExtended | undefined): Style {
  const ext = (bg & Bits.extended) !== 0 ? extended : undefined;
  const styled = ext === undefined ? 0 : (ext._ext >>> 26) & 7;
  const underline = styled !== 0 ? styled : (fg & Bits.underline) !== 0 ? 1 : 0;
  const underlineColor = underline !== 0 && ext !== undefined ? ext._ext & Bits.color : 0;
  return { fg, bg, underline, underlineColor, linkId: ext?.urlId ?? 0 };
}

/** The colour with unused bits cleared: xterm.js leaves parts of an older colour in them. */
export function plainColor(word: number): number {
  const mode = word & Bits.colorMode;
  if (mode === 0) return 0;
  return mode === Bits.rgb ? word & Bits.color : mode | (word & 0xff);
}

/** SGR that sets everything but the hyperlink and DECSCA, from any state: it begins with a reset. */
export function sgrOf(style: Style): string {
  const { fg, bg, underline } = style;
  let codes = "0";
  if ((fg & Bits.bold) !== 0) codes += ";1";
  if ((bg & Bits.dim) !== 0) codes += ";2";
  if ((bg & Bits.italic) !== 0) codes += ";3";
  if (underline !== 0) codes += underline === 1 ? ";4" : `;4:${underline}`;
  if ((fg & Bits.blink) !== 0) codes += ";5";
  if ((fg & Bits.inverse) !== 0) codes += ";7";
  if ((fg & Bits.invisible) !== 0) codes += ";8";
  if ((fg & Bits.strikethrough) !== 0) codes += ";9";
  if ((bg & Bits.overline) !== 0) codes += ";53";
  codes += colorCodes(fg, 30) + colorCodes(bg, 40) + underlineColorCodes(style.underlineColor);
  return codes === "0" ? "\x1b[m" : `\x1b[${codes}m`;
}

function colorCodes(word: number, base: 30 | 40): string {
  const value = word & 0xff;
  switch (word & Bits.colorMode) {
    case Bits.palette16:
      return `;${value < 8 ? base + value : base + 60 + value - 8}`;
    case Bits.palette256:
      return `;${base + 8};5;${value}`;
    case Bits.rgb:
      return `;${base + 8};2;${(word >> 16) & 0xff};${(word >> 8) & 0xff};${value}`;
    default:
      return "";
  }
}

/** What SGR 59 ("default") leaves in xterm.js, which looks like white. */
const DEFAULT_UNDERLINE_COLOR: number = Bits.color;

/** With colons: a terminal that does not know code 58 then ignores it, and does not take its numbers for attributes. */
function underlineColorCodes(word: number): string {
  if (word === DEFAULT_UNDERLINE_COLOR) return ";59";
  switch (word & Bits.colorMode) {
    case Bits.palette16:
    case Bits.palette256:
      return `;58:5:${word & 0xff}`;
    case Bits.rgb:
      return `;58:2::${(word >> 16) & 0xff}:${(word >> 8) & 0xff}:${word & 0xff}`;
    default:
      return "";
  }
}
