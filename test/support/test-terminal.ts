// A headless terminal set up like a screen's, fed synchronously: the client's terminal in tests.
import xterm, { type Terminal } from "@xterm/headless";
import { useCharWidths } from "../../daemon/terminal/xterm/char-width.js";
import { ModeTracker } from "../../daemon/terminal/xterm/mode-tracker.js";
import { stateOf, writeNow } from "../../daemon/terminal/xterm/xterm-internals.js";
import { repair } from "../../daemon/terminal/xterm/xterm-repairs.js";
import type { XtermState } from "../../daemon/terminal/xterm/xterm-state.js";

export interface TestTerminal {
  readonly terminal: Terminal;
  readonly tracker: ModeTracker;
  readonly state: XtermState;
  feed(bytes: Uint8Array | string): void;
}

const encoder = new TextEncoder();

export function createTestTerminal(cols = 80, rows = 24, scrollback = 200): TestTerminal {
  const terminal = new xterm.Terminal({ cols, rows, scrollback, allowProposedApi: true, logLevel: "off" });
  useCharWidths(terminal);
  repair(terminal);
  const tracker = new ModeTracker(terminal);
  const feed = (bytes: Uint8Array | string) =>
    writeNow(terminal, typeof bytes === "string" ? encoder.encode(bytes) : bytes);
  return { terminal, tracker, state: stateOf(terminal), feed };
}
