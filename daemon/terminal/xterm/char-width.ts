// Makes xterm.js measure characters as today's terminals do.
import type { Terminal } from "@xterm/headless";
import { terminalWidths } from "../../../shared/terminal-widths.js";

/** Makes `terminal` (created with `allowProposedApi`) measure characters by agentd's table. */
export function useCharWidths(terminal: Terminal): void {
  terminal.unicode.register(terminalWidths);
  terminal.unicode.activeVersion = terminalWidths.version;
}
