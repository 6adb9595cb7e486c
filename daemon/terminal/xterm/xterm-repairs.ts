// Mends what in xterm.js differs from the terminals of the clients, or breaks.
import type { Terminal } from "@xterm/headless";
import { coreOf, type XtermPen, type XtermRepetition } from "./xterm-core.js";
import type { XtermLine, XtermLink } from "./xterm-state.js";

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

const WORDS_PER_CELL = 3;
const WIDTH_SHIFT = 22;

/**
 * A narrower screen that does not reflow cuts its lines. xterm.js keeps what is cut off, to show it when the screen is wide
 * again, and left halves of wide characters in the last column, where nothing can print one. Other terminals do neither.
 */
function cutLines(terminal: Terminal): void {
  const service = coreOf(terminal)._bufferService;
  const { resize } = service;
  service.resize = (cols, rows) => {
    resize.call(service, cols, rows);
    for (const { lines } of [service.buffers.normal, service.buffers.alt]) {
      for (let y = 0; y < lines.length; y++) {
        const line = lines.get(y);
        if (line === undefined) continue;
        if (line.length > cols) line.resize(cols);
        const last = (cols - 1) * WORDS_PER_CELL;
        if ((line._data[last] ?? 0) >>> WIDTH_SHIFT === 2) line._data[last] = 1 << WIDTH_SHIFT;
      }
    }
  };
}

/** xterm.js leaves an alternate screen that is off as long as it was: it then scrolls lines off into a scrollback of its own. */
function limitAlternateScreen(terminal: Terminal): void {
  const service = coreOf(terminal)._bufferService;
  const { resize } = service;
  service.resize = (cols, rows) => {
    resize.call(service, cols, rows);
    const { lines } = service.buffers.alt;
    if (lines.length === 0) lines.maxLength = rows;
  };
}

/** The newest links of each terminal, oldest first. */
const newestLinks = new WeakMap<Terminal, Map<number, XtermLink>>();

/** A link of a repaired terminal, by the id that its cells hold. */
export function linkOf(terminal: Terminal, id: number): XtermLink | undefined {
  return newestLinks.get(terminal)?.get(id);
}

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

/** What kitty and foot repeat at most; xterm.js throws when the text gets too long for an array. */
const MAX_REPETITIONS = 65_535;

/**
 * xterm.js does what it is told as often as it is told: two thousand million inserted lines take it hours. After as many times
 * as the screen has lines or columns, once more changes nothing.
 */
function limitRepetitions(terminal: Terminal): void {
  const handler = coreOf(terminal)._inputHandler;
  const limit = (names: readonly XtermRepetition[], most: () => number) => {
    for (const name of names) {
      const original = handler[name];
      handler[name] = ({ params }) => original.call(handler, { params: [Math.min(params[0] ?? 0, most())] });
    }
  };
  limit(["insertLines", "deleteLines", "scrollUp", "scrollDown"], () => terminal.rows);
  limit(["scrollLeft", "scrollRight", "insertColumns", "deleteColumns"], () => terminal.cols);
  limit(["insertChars", "deleteChars", "eraseChars"], () => terminal.cols);
  limit(["cursorForwardTab", "cursorBackwardTab"], () => terminal.cols);
  limit(["repeatPrecedingCharacter"], () => MAX_REPETITIONS);
}

/** UTF-16 units in one cell: ten times what any script or emoji needs. */
const MAX_CELL_CHARS = 64;
const COMBINED = 1 << 21;

interface MarkedLine extends XtermLine {
  addCodepointToCell(x: number, code: number, width: number): void;
}

/** What all terminals share and has been mended. */
const mended = new WeakSet<object>();

/**
 * xterm.js gives a cell every mark that is sent to it: a program that sends nothing else fills the memory with one cell, and
 * drawing that holds the daemon for seconds. Lines are made in many places, so this mends what all of them share.
 */
function limitMarks(terminal: Terminal): void {
  const line = coreOf(terminal)._bufferService.buffers.active.lines.get(0);
  if (line === undefined) return;
  const shared = Object.getPrototypeOf(line) as MarkedLine;
  if (mended.has(shared)) return;
  mended.add(shared);
  const { addCodepointToCell } = shared;
  shared.addCodepointToCell = function (this: MarkedLine, x, code, width) {
    const isCombined = ((this._data[x * WORDS_PER_CELL] ?? 0) & COMBINED) !== 0;
    if (isCombined && (this._combined[x]?.length ?? 0) >= MAX_CELL_CHARS) return;
    addCodepointToCell.call(this, x, code, width);
  };
}

interface LineList {
  set(index: number, line: unknown): void;
}

/**
 * A narrower screen breaks its lines anew, from the last one up. When one has more parts than there is room above, xterm.js
 * puts those before the first line, which in its ring is the last: the prompt is replaced by what should have been trimmed.
 */
function keepLastLines(terminal: Terminal): void {
  const shared = Object.getPrototypeOf(coreOf(terminal)._bufferService.buffers.active.lines) as LineList;
  if (mended.has(shared)) return;
  mended.add(shared);
  const { set } = shared;
  shared.set = function (this: LineList, index, line) {
    if (index >= 0) set.call(this, index, line);
  };
}

/** Mends what would make a screen differ from the terminals of its clients, or break it. To be called once per terminal. */
export function repair(terminal: Terminal): void {
  guardEraseAbove(terminal);
  saveWholePen(terminal);
  saveScreenRow(terminal);
  cutLines(terminal);
  limitAlternateScreen(terminal);
  limitRepetitions(terminal);
  limitMarks(terminal);
  keepLastLines(terminal);
  keepLinks(terminal);
}
