// Makes the terminal behind a screen: xterm.js with its faults mended, and the modes beside it that it does not know.
import type { Terminal } from "@xterm/headless";
import xterm from "@xterm/headless";
import { useCharWidths } from "./char-width.js";
import { ModeTracker } from "./mode-tracker.js";
import { repair } from "./xterm-repairs.js";

interface HeadlessOptions {
  readonly cols: number;
  readonly rows: number;
  /** Lines kept above the screen. */
  readonly scrollback: number;
  /** The answer to a query. Nothing may be thrown here or below: xterm.js throws it again in a later turn. */
  onReply(reply: string): void;
  onTitle(title: string): void;
  onCwd(cwd: string): void;
}

export function createTerminal(options: HeadlessOptions): [Terminal, ModeTracker] {
  const terminal = new xterm.Terminal({
    cols: Math.max(2, options.cols),
    rows: options.rows,
    scrollback: options.scrollback,
    allowProposedApi: true,
    logLevel: "off",
    windowOptions: { getWinSizeChars: true, pushTitle: true, popTitle: true },
  });
  useCharWidths(terminal);
  repair(terminal);
  terminal.onData((reply) => options.onReply(reply));
  const { onTitle, onCwd } = options;
  return [terminal, new ModeTracker(terminal, { onTitle, onCwd })];
}
