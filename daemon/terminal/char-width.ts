// Makes xterm.js measure characters as today's terminals do: its own table is of 2010.
import type { IUnicodeVersionProvider, Terminal } from "@xterm/headless";
import { charWidth } from "../../shared/char-width.js";

/** xterm.js' encoding of a character's properties: bit 0 joins the preceding character, bits 1..2 are the width. */
const provider: IUnicodeVersionProvider = {
  version: "agentd",
  wcwidth: charWidth,
  charProperties(code, preceding) {
    const width = charWidth(code);
    const precedingWidth = (preceding >> 1) & 3;
    if (width === 0 && preceding !== 0 && precedingWidth > 0) return (precedingWidth << 1) | 1;
    return width << 1;
  },
};

/** Makes `terminal` (created with `allowProposedApi`) measure characters by this table. */
export function useCharWidths(terminal: Terminal): void {
  terminal.unicode.register(provider);
  terminal.unicode.activeVersion = provider.version;
}
