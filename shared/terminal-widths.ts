// The widths of characters as xterm.js wants them told, in the daemon and in the page alike: its own tables are of 2010 and of 2018.
import { charWidth } from "./char-width.js";

/** What xterm.js calls a provider of a Unicode version. */
export const terminalWidths = {
  version: "agentd",
  wcwidth: charWidth,
  /** xterm.js' encoding of a character's properties: bit 0 joins the preceding character, bits 1..2 are the width. */
  charProperties(code: number, preceding: number): number {
    const width = charWidth(code);
    const precedingWidth = (preceding >> 1) & 3;
    if (width === 0 && preceding !== 0 && precedingWidth > 0) return (precedingWidth << 1) | 1;
    return width << 1;
  },
};
