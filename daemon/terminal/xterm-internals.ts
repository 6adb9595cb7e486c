// The only file that touches xterm's internals: typed views of the state that its public interface does not show.
import xterm, { type Terminal } from "@xterm/headless";
import type {
  XtermAttributes,
  XtermBuffer,
  XtermCharset,
  XtermDecModes,
  XtermExtended,
  XtermLink,
  XtermState,
} from "./xterm-state.js";

/*
 * Written against @xterm/headless 6.0.0, which package.json pins exactly: these are private fields, free to change in any
 * release. The tests compare every one of them, so a bump that breaks an assumption fails there.
 */

interface XtermPen extends XtermAttributes {
  extended: XtermExtended & { clone(): XtermExtended & { urlId: number } };
  /** Brings the background word's "extended" bit up to date. */
  updateExtended(): void;
}

interface XtermParams {
  readonly params: Int32Array;
}

interface XtermCore {
  readonly _bufferService: {
    resize(cols: number, rows: number): void;
    readonly buffers: {
      readonly normal: XtermBuffer;
      readonly alt: XtermBuffer;
      readonly active: XtermBuffer;
    };
  };
  readonly _inputHandler: {
    readonly _curAttrData: XtermPen;
    readonly _parser: { readonly precedingJoinState: number; readonly currentState: number };
    saveCursor(): boolean;
    restoreCursor(): boolean;
    softReset(params: XtermParams): boolean;
    eraseInLine(params: { params: readonly number[] }, respectProtect: boolean): boolean;
    eraseInDisplay(params: { params: readonly number[] }, respectProtect: boolean): boolean;
  };
  readonly _charsetService: {
    readonly glevel: number;
    readonly charset: XtermCharset;
    readonly _charsets: readonly XtermCharset[];
  };
  readonly _oscLinkService: {
    registerLink(data: XtermLink): number;
    addLineToLink(id: number, line: number): void;
  };
  readonly _writeBuffer: { writeSync(bytes: Uint8Array | string): void };
  readonly coreMouseService: { readonly activeProtocol: string; readonly activeEncoding: string };
  readonly coreService: {
    isCursorHidden: boolean;
    readonly modes: { readonly insertMode: boolean };
    readonly decPrivateModes: XtermDecModes;
  };
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
    link: (id) => newestLinks.get(terminal)?.get(id),
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
function guardEraseAbove(terminal: Terminal): void {
  const core = coreOf(terminal);
  for (const prefix of ["", "?"]) {
    terminal.parser.registerCsiHandler({ prefix, final: "J" }, (params) => {
      const buffer = core._bufferService.buffers.active;
      if (params[0] !== 1 || buffer.x + 1 < terminal.cols || buffer.lines.get(buffer.y + 1)) return false;
      const isSelective = prefix === "?";
      const x = buffer.x;
      core._inputHandler.eraseInLine({ params: [2] }, isSelective);
      buffer.x = 0;
      core._inputHandler.eraseInDisplay({ params: [1] }, isSelective);
      buffer.x = x;
      return true;
    });
  }
}

/**
 * xterm.js saves the pen without its underline style and colour, and restores half of it: a flag that says "underlined"
 * beside the present style. Other terminals save all of it, except for the hyperlink, which stays as it is.
 */
function saveWholePen(terminal: Terminal): void {
  const core = coreOf(terminal);
  const handler = core._inputHandler;
  const { saveCursor, restoreCursor, softReset } = handler;
  const savePen = () => {
    core._bufferService.buffers.active.savedCurAttrData.extended = handler._curAttrData.extended;
  };
  handler.saveCursor = () => {
    savePen();
    return saveCursor.call(handler);
  };
  handler.softReset = (params) => {
    softReset.call(handler, params);
    savePen();
    return true;
  };
  handler.restoreCursor = () => {
    restoreCursor.call(handler);
    const pen = handler._curAttrData;
    const saved = core._bufferService.buffers.active.savedCurAttrData as XtermPen;
    const extended = saved.extended.clone();
    extended.urlId = pen.extended.urlId;
    pen.extended = extended as XtermPen["extended"];
    pen.updateExtended();
    return true;
  };
}

/**
 * DECSC saves a place on the screen; xterm.js' moves away with the text when that scrolls. A change of size moves the text
 * under it: only then the place goes with the text, or the prompt would come back elsewhere when a full-screen program ends.
 */
function saveScreenRow(terminal: Terminal): void {
  const core = coreOf(terminal);
  const service = core._bufferService;
  const handler = core._inputHandler;
  const { saveCursor, restoreCursor, softReset } = handler;
  const { resize } = service;
  handler.saveCursor = () => {
    const done = saveCursor.call(handler);
    const buffer = service.buffers.active;
    buffer.savedY = buffer.y;
    return done;
  };
  handler.restoreCursor = () => {
    const buffer = service.buffers.active;
    const row = buffer.savedY;
    buffer.savedY += buffer.ybase;
    const done = restoreCursor.call(handler);
    buffer.savedY = row;
    return done;
  };
  handler.softReset = (params) => {
    const done = softReset.call(handler, params);
    service.buffers.active.savedY = 0;
    return done;
  };
  service.resize = (cols, rows) => {
    const both = [service.buffers.normal, service.buffers.alt];
    for (const buffer of both) buffer.savedY += buffer.ybase;
    resize.call(service, cols, rows);
    for (const buffer of both) buffer.savedY = Math.min(rows - 1, Math.max(0, buffer.savedY - buffer.ybase));
  };
}

/** The newest links of each terminal, oldest first. */
const newestLinks = new WeakMap<Terminal, Map<number, XtermLink>>();
const MAX_LINKS = 10_000;
const MAX_LINK_CHARS = 4096;

/**
 * Hyperlinks in a bounded table of our own. xterm.js ties each to markers on its lines: it then forgets links that cells
 * still show, and every scrolled line costs a call per marker (2 MB/s for output full of links).
 */
function keepLinks(terminal: Terminal): void {
  const service = coreOf(terminal)._oscLinkService;
  const links = new Map<number, XtermLink>();
  /** Links with an id are one link wherever they are opened. */
  const named = new Map<string, number>();
  let newestId = 0;
  newestLinks.set(terminal, links);
  service.addLineToLink = () => {};
  service.registerLink = (link) => {
    const key = `${link.id};;${link.uri}`;
    const known = link.id === undefined ? undefined : named.get(key);
    if (known !== undefined) return known;
    newestId++;
    if (key.length > MAX_LINK_CHARS) return newestId;
    links.set(newestId, link);
    if (link.id !== undefined) named.set(key, newestId);
    const [oldest] = links;
    if (links.size > MAX_LINKS && oldest !== undefined) {
      links.delete(oldest[0]);
      named.delete(`${oldest[1].id};;${oldest[1].uri}`);
    }
    return newestId;
  };
}

/** Mends what would make a screen differ from the terminals of its clients, or break it. To be called once per terminal. */
export function repair(terminal: Terminal): void {
  guardEraseAbove(terminal);
  saveWholePen(terminal);
  saveScreenRow(terminal);
  keepLinks(terminal);
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
