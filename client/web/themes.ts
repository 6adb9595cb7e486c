// The colours of terminals in the dark and in the light: the rest of the page takes its own from main.css.
import type { ITheme } from "@xterm/xterm";
import type { Color } from "./list/styled-text.js";

export type Shade = "dark" | "light";

const dark = {
  background: "#14161a",
  foreground: "#d5d8de",
  cursor: "#e6e8ec",
  cursorAccent: "#14161a",
  selectionBackground: "#35507a",
  // While the search has the keyboard, the selection is its match.
  selectionInactiveBackground: "#a87400",
  black: "#30343c",
  red: "#e5727b",
  green: "#8fc178",
  yellow: "#dcb365",
  blue: "#6fa8ea",
  magenta: "#c08be0",
  cyan: "#5fbcc4",
  white: "#c8ccd4",
  brightBlack: "#7c8494",
  brightRed: "#f28e95",
  brightGreen: "#a9d694",
  brightYellow: "#eccb85",
  brightBlue: "#93c1f7",
  brightMagenta: "#d5abee",
  brightCyan: "#85d5dc",
  brightWhite: "#f2f4f7",
} as const satisfies ITheme;

const light = {
  background: "#fdfdfc",
  foreground: "#2a2d33",
  cursor: "#2a2d33",
  cursorAccent: "#fdfdfc",
  selectionBackground: "#bcd3f5",
  selectionInactiveBackground: "#f2b632",
  black: "#2a2d33",
  red: "#b3261e",
  green: "#2f7030",
  yellow: "#8a5a00",
  blue: "#1f5fae",
  magenta: "#86399f",
  cyan: "#0b6e78",
  white: "#6a7079",
  brightBlack: "#5d636d",
  brightRed: "#c8372f",
  brightGreen: "#38803a",
  brightYellow: "#976600",
  brightBlue: "#2a6fc4",
  brightMagenta: "#9747b3",
  brightCyan: "#0c7b86",
  brightWhite: "#43474f",
} as const satisfies ITheme;

export const terminalThemes: Record<Shade, typeof dark | typeof light> = { dark, light };

/** What the search marks; the match that is looked at is the selection. */
export const matchColors: Record<Shade, { readonly background: `#${string}`; readonly ruler: `#${string}` }> =
  {
    dark: { background: "#4d3d14", ruler: "#b8912d" },
    light: { background: "#fbe9b7", ruler: "#b8912d" },
  };

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
const BRIGHT = [
  "brightBlack",
  "brightRed",
  "brightGreen",
  "brightYellow",
  "brightBlue",
  "brightMagenta",
  "brightCyan",
  "brightWhite",
] as const;

/** A colour of a preview as CSS: the theme's 16, the cube of 6x6x6, 24 greys. */
export function cssColor(color: Color, shade: Shade): string {
  if (typeof color === "string") return color;
  const theme = terminalThemes[shade];
  const named = color < 8 ? NAMES[color] : BRIGHT[color - 8];
  if (named !== undefined) return theme[named];
  if (color >= 232) return grey(8 + (color - 232) * 10);
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cell = color - 16;
  return `rgb(${level(Math.floor(cell / 36))} ${level(Math.floor(cell / 6) % 6)} ${level(cell % 6)})`;
}

function grey(level: number): string {
  return `rgb(${level} ${level} ${level})`;
}
