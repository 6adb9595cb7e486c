// The only file that touches xterm's internals: typed views of the state that its public interface does not show.

import type { Terminal } from "@xterm/headless";
import xterm from "@xterm/headless";

/**
 * Written against @xterm/headless 6.0.0, which package.json pins exactly: these are private fields, free to change in any
 * release. The serializer's tests compare every one of them, so a bump that breaks an assumption fails there.
 */
export const XTERM_VERSION = "6.0.0";

export interface XtermExtended {
  /** Bits: underline colour (mode and value) in 0..25, underline style in 26..28. */
  readonly _ext: number;
  /** 0: no hyperlink. */
  readonly urlId: number;
}

export interface XtermAttributes {
  readonly fg: number;
  readonly bg: number;
  readonly extended: XtermExtended;
}

export interface XtermLine {
  readonly isWrapped: boolean;
  readonly length: number;
  /** Three words per cell: content, foreground, background. */
  readonly _data: Uint32Array;
  /** Cells of more than one code point. */
  readonly _combined: Readonly<Record<number, string>>;
  /** Only meaningful where the background word has its "extended" bit. */
  readonly _extendedAttrs: Readonly<Record<number, XtermExtended | undefined>>;
}

/** A translation table; undefined is US ASCII. Compared by identity. */
export type XtermCharset = object | undefined;

export interface XtermBuffer {
  readonly lines: { readonly length: number; get(index: number): XtermLine | undefined };
  /** `x` equals the number of columns while a wrap is pending. */
  x: number;
  y: number;
  readonly ybase: number;
  readonly scrollTop: number;
  readonly scrollBottom: number;
  readonly savedX: number;
  /** Counted from the top of the scrollback, unlike `y`. */
  readonly savedY: number;
  readonly savedCurAttrData: XtermAttributes;
  readonly savedCharset: XtermCharset;
  readonly tabs: Readonly<Record<number, boolean | undefined>>;
}

export interface XtermDecModes {
  readonly applicationCursorKeys: boolean;
  readonly applicationKeypad: boolean;
  readonly bracketedPasteMode: boolean;
  readonly cursorBlink: boolean | undefined;
  readonly cursorStyle: "block" | "underline" | "bar" | undefined;
  readonly origin: boolean;
  readonly reverseWraparound: boolean;
  readonly sendFocus: boolean;
  readonly synchronizedOutput: boolean;
  readonly wraparound: boolean;
}

interface XtermParams {
  readonly params: Int32Array;
}

interface XtermCore {
  readonly _bufferService: {
    readonly buffers: {
      readonly normal: XtermBuffer;
      readonly alt: XtermBuffer;
      readonly active: XtermBuffer;
    };
  };
  readonly _inputHandler: {
    readonly _curAttrData: XtermAttributes;
    readonly _parser: { readonly precedingJoinState: number; readonly currentState: number };
    eraseInLine(params: { params: readonly number[] }): boolean;
    eraseInDisplay(params: XtermParams): boolean;
  };
  readonly _charsetService: {
    readonly glevel: number;
    readonly charset: XtermCharset;
    readonly _charsets: readonly XtermCharset[];
  };
  readonly _oscLinkService: { getLinkData(id: number): { id?: string; uri: string } | undefined };
  readonly _writeBuffer: { writeSync(bytes: Uint8Array | string): void };
  readonly coreMouseService: { readonly activeProtocol: string; readonly activeEncoding: string };
  readonly coreService: {
    isCursorHidden: boolean;
    readonly modes: { readonly insertMode: boolean };
    readonly decPrivateModes: XtermDecModes;
  };
}

/** The state of one terminal, live: every read is of this moment. */
export interface XtermState {
  readonly cols: number;
  readonly rows: number;
  readonly normal: XtermBuffer;
  readonly alternate: XtermBuffer;
  readonly active: XtermBuffer;
  readonly pen: XtermAttributes;
  readonly dec: XtermDecModes;
  readonly insertMode: boolean;
  /** LNM. */
  readonly newLineMode: boolean;
  /** ?12, apart from DECSCUSR. */
  readonly cursorBlinkMode: boolean;
  readonly cursorHidden: boolean;
  /** NONE, X10, VT200, DRAG or ANY. */
  readonly mouseProtocol: string;
  /** DEFAULT, SGR or SGR_PIXELS. */
  readonly mouseEncoding: string;
  /** 0..3: which of G0..G3 is shifted in. */
  readonly glevel: number;
  /** The table in use; after DECRC it may differ from the shifted-in slot's. */
  readonly charset: XtermCharset;
  readonly charsets: readonly XtermCharset[];
  /** Nonzero right after a printed character: bits 1..2 are its width. */
  readonly joinState: number;
  /** 0 between sequences. */
  readonly parserState: number;
  link(id: number): { id?: string; uri: string } | undefined;
}

function coreOf(terminal: Terminal): XtermCore {
  return (terminal as unknown as { _core: XtermCore })._core;
}

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
    link: (id) => core._oscLinkService.getLinkData(id),
  };
}

/** Parses now, in this call. Throws whatever a handler throws; the terminal is then unusable. */
export function writeNow(terminal: Terminal, bytes: Uint8Array): void {
  coreOf(terminal)._writeBuffer.writeSync(bytes);
}

/** RIS leaves these on in xterm.js, and resets them in every terminal that people attach with. */
export function finishHardReset(terminal: Terminal): void {
  coreOf(terminal).coreService.isCursorHidden = false;
  terminal.options.convertEol = false;
  terminal.options.cursorBlink = false;
}

/**
 * xterm.js throws on ED 1 with the cursor in the last column of the buffer's last line (it touches the line below).
 * Erasing the line first, and the rest from its first column, has the same result.
 */
export function guardEraseAbove(terminal: Terminal): void {
  const core = coreOf(terminal);
  terminal.parser.registerCsiHandler({ final: "J" }, (params) => {
    const buffer = core._bufferService.buffers.active;
    if (params[0] !== 1 || buffer.x + 1 < terminal.cols || buffer.lines.get(buffer.y + 1)) return false;
    const x = buffer.x;
    core._inputHandler.eraseInLine({ params: [2] });
    buffer.x = 0;
    core._inputHandler.eraseInDisplay({ params: Int32Array.of(1) });
    buffer.x = x;
    return true;
  });
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
