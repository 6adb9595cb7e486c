// Typed views of a terminal's state that xterm.js' public interface does not show.
import xterm, { type Terminal } from "@xterm/headless";
import { coreOf } from "./xterm-core.js";
import { linkOf } from "./xterm-repairs.js";
import type { XtermCharset, XtermState } from "./xterm-state.js";

export function stateOf(terminal: Terminal): XtermState {
  const core = coreOf(terminal);
  const buffers = core._bufferService.buffers;
  return {
    get cols() {
      return terminal.cols;
    },
    get rows() {
      return terminal.rows;
    },
    get normal() {
      return buffers.normal;
    },
    get alternate() {
      return buffers.alt;
    },
    get active() {
      return buffers.active;
    },
    get pen() {
      return core._inputHandler._curAttrData;
    },
    get dec() {
      return core.coreService.decPrivateModes;
    },
    get insertMode() {
      return core.coreService.modes.insertMode;
    },
    get newLineMode() {
      return terminal.options.convertEol === true;
    },
    get cursorBlinkMode() {
      return terminal.options.cursorBlink === true;
    },
    get cursorHidden() {
      return core.coreService.isCursorHidden;
    },
    get mouseProtocol() {
      return core.coreMouseService.activeProtocol;
    },
    get mouseEncoding() {
      return core.coreMouseService.activeEncoding;
    },
    get glevel() {
      return core._charsetService.glevel;
    },
    get charset() {
      return core._charsetService.charset;
    },
    get charsets() {
      return core._charsetService._charsets;
    },
    get joinState() {
      return core._inputHandler._parser.precedingJoinState;
    },
    get parserState() {
      return core._inputHandler._parser.currentState;
    },
    get titleStack() {
      return core._inputHandler._windowTitleStack;
    },
    link: (id) => linkOf(terminal, id),
  };
}

/** Parses now, in this call. Throws whatever a handler throws; the terminal is then unusable. */
export function writeNow(terminal: Terminal, bytes: Uint8Array): void {
  coreOf(terminal)._writeBuffer.writeSync(bytes);
}

/** Finals of the ISO 2022 designations that xterm.js knows besides US ASCII. */
const DESIGNATIONS = "0A4C5RQKYE6ZH7=";

let charsetFinals: Map<object, string> | undefined;

/** The final byte that designates `charset`: `B` for US ASCII. */
export function designationOf(charset: XtermCharset): string {
  if (charset === undefined) return "B";
  charsetFinals ??= probeCharsets();
  return charsetFinals.get(charset) ?? "B";
}

/** The tables are not exported: a throw-away terminal is told to designate each, and shows its table. */
function probeCharsets(): Map<object, string> {
  const finals = new Map<object, string>();
  const probe = new xterm.Terminal({ cols: 2, rows: 1, scrollback: 0, logLevel: "off" });
  for (const final of DESIGNATIONS) {
    coreOf(probe)._writeBuffer.writeSync(`\x1b(${final}`);
    const charset = stateOf(probe).charset;
    if (charset && !finals.has(charset)) finals.set(charset, final);
  }
  probe.dispose();
  return finals;
}
