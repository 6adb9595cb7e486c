// Turns a terminal's whole state into bytes that reproduce it on another terminal of the same size.
import { charsAt, isBlank, LineWriter, word } from "./line-writer.js";
import type { ModeTracker } from "./mode-tracker.js";
import { Bits, PLAIN, plainColor, styleOf } from "./sgr.js";
import { designationOf, type XtermAttributes, type XtermBuffer, type XtermState } from "./xterm-internals.js";

const ESC = "\x1b";
const CSI = "\x1b[";

/** Lines drawn between two chances to stop: some 50 µs of work. */
const LINES_PER_STEP = 32;

/**
 * Draws the state of a terminal whose parser is between sequences. Yields text in order; between two yields the caller may
 * let time pass, but must not write to the terminal.
 *
 * The bytes are right on a terminal in any state: they begin with resets (not RIS, which costs users their scrollback).
 * Order matters: the scrollback and screen; margins, tabs and saved cursor of the normal screen; then ?1049h, which saves
 * cursor and pen a second time, so both stand at their saved values; the alternate screen; modes; last the cursor, the pen
 * and, if a character was printed last, that character again, so that what combines with it or repeats it finds it.
 */
export function* serialize(state: XtermState, tracker: ModeTracker): Generator<string> {
  const isAlternate = state.active === state.alternate;
  const writer = new LineWriter(state);
  writer.put(resetSequence(tracker));
  writer.forgetStyle();
  writer.put(`${CSI}H${CSI}J`);
  if (!isAlternate) leftoverSavedCursor(writer, state);
  yield* drawBuffer(writer, state, state.normal);
  finishBuffer(writer, state, state.normal);
  writer.put(tracker.keyboardSequence("main"));
  if (isAlternate) {
    writer.put(`${CSI}?1049h${charsetSequence(0, "B")}`);
    writer.forgetStyle();
    writer.put(`${CSI}r${CSI}H${CSI}J`);
    yield* drawBuffer(writer, state, state.alternate);
    finishBuffer(writer, state, state.alternate);
    writer.put(tracker.keyboardSequence("alternate"));
  }
  writer.put(modeSequence(state));
  writer.put(tracker.restoreSequence());
  designateCharsets(writer, state);
  placeCursor(writer, state);
  yield writer.take();
}

/** The first bytes of every snapshot: ends an unfinished sequence and brings every mode to its default. */
function resetSequence(tracker: ModeTracker): string {
  const off = [1, 6, 9, 12, 45, 66, 69, 1000, 1002, 1003, 1004, 1006, 1016, 2004, 2026];
  return [
    `${ESC}\\${CSI}?25l${CSI}?1049l`,
    ...off.map((mode) => `${CSI}?${mode}l`),
    `${CSI}?7h${CSI}4l${CSI}20l${ESC}>${CSI}r${CSI}0 q`,
    tracker.resetSequence(),
    `${ESC}(B${ESC})B${ESC}*B${ESC}+B\x0f`,
  ].join("");
}

/** The alternate screen's saved cursor outlives it; it shows if the next full-screen program restores without saving. */
function leftoverSavedCursor(writer: LineWriter, state: XtermState): void {
  const { alternate } = state;
  const pen = alternate.savedCurAttrData;
  const isDefault =
    alternate.savedX === 0 &&
    alternate.savedY === 0 &&
    alternate.savedCharset === undefined &&
    pen.fg === 0 &&
    pen.bg === 0;
  if (isDefault) return;
  writer.put(`${CSI}?1047h`);
  saveCursor(writer, state, alternate);
  writer.put(`${charsetSequence(0, "B")}${CSI}?1047l${CSI}H`);
  writer.plain();
}

function* drawBuffer(writer: LineWriter, state: XtermState, buffer: XtermBuffer): Generator<string> {
  const count = buffer.ybase + state.rows;
  let previous = buffer.lines.get(0);
  if (previous === undefined) return;
  if (previous.isWrapped && state.rows > 1) continuedTopLine(writer, state);
  let endX = writer.line(previous);
  for (let y = 1; y < count; y++) {
    const line = buffer.lines.get(y);
    if (line === undefined) break;
    if (line.isWrapped) writer.softWrap(endX, previous, line);
    else writer.newLine();
    endX = writer.line(line);
    previous = line;
    if (y % LINES_PER_STEP === 0) yield writer.take();
  }
  writer.plain();
}

/** The top line continues a line that is gone: wraps into the second line, and deletes the first. */
function continuedTopLine(writer: LineWriter, state: XtermState): void {
  writer.put(`${CSI}${state.cols}G  ${CSI}H${CSI}M${CSI}X`);
}

/** Tabs, margins and saved cursor of the buffer that is on. The cursor, pen and charset end at their saved values. */
function finishBuffer(writer: LineWriter, state: XtermState, buffer: XtermBuffer): void {
  const { cols, rows } = state;
  const columns = Array.from({ length: cols }, (_, column) => column);
  if (columns.every((column) => (buffer.tabs[column] === true) === (column % 8 === 0))) {
    // DECST8C. Terminals that do not know it are not brought back to stops of 8, but neither did a program change them there.
    writer.put(`${CSI}?5W`);
  } else {
    writer.put(`${CSI}3g`);
    for (const column of columns) if (buffer.tabs[column]) writer.put(`${CSI}${column + 1}G${ESC}H`);
  }
  if (buffer.scrollTop !== 0 || buffer.scrollBottom !== rows - 1) {
    writer.put(`${CSI}${buffer.scrollTop + 1};${buffer.scrollBottom + 1}r`);
  }
  saveCursor(writer, state, buffer);
}

function saveCursor(writer: LineWriter, state: XtermState, buffer: XtermBuffer): void {
  const { savedX, savedY, savedCharset, savedCurAttrData: pen } = buffer;
  const y = Math.min(state.rows - 1, Math.max(0, savedY - buffer.ybase));
  writer.moveTo(Math.min(savedX, state.cols - 1), y);
  const { fg, bg } = pen;
  writer.style({ ...PLAIN, fg, bg, underline: (fg & Bits.underline) === 0 ? 0 : 1 });
  // The link itself is not saved, but in xterm.js "has one" is part of the saved pen.
  const hadLink = (bg & Bits.extended) !== 0 && (fg & Bits.underline) === 0;
  if (hadLink) writer.put(`${ESC}]8;;about:blank${ESC}\\`);
  writer.put(`${charsetSequence(0, designationOf(savedCharset))}${ESC}7`);
  if (hadLink) writer.put(`${ESC}]8;;${ESC}\\`);
}

const MOUSE_PROTOCOLS: Readonly<Record<string, number>> = { X10: 9, VT200: 1000, DRAG: 1002, ANY: 1003 };
const MOUSE_ENCODINGS: Readonly<Record<string, number>> = { SGR: 1006, SGR_PIXELS: 1016 };
/** DECSCUSR for the blinking shape; the steady one is the next number. */
const CURSOR_STYLES = { block: 1, underline: 3, bar: 5 } as const;

/** Modes that differ from `resetSequence`, except those that would disturb placing the cursor (origin, insert, no wrap). */
function modeSequence(state: XtermState): string {
  const { dec } = state;
  let text = "";
  if (dec.applicationCursorKeys) text += `${CSI}?1h`;
  if (dec.applicationKeypad) text += `${ESC}=`;
  if (dec.bracketedPasteMode) text += `${CSI}?2004h`;
  if (dec.reverseWraparound) text += `${CSI}?45h`;
  if (dec.sendFocus) text += `${CSI}?1004h`;
  if (state.newLineMode) text += `${CSI}20h`;
  const protocol = MOUSE_PROTOCOLS[state.mouseProtocol];
  if (protocol !== undefined) text += `${CSI}?${protocol}h`;
  const encoding = MOUSE_ENCODINGS[state.mouseEncoding];
  if (encoding !== undefined) text += `${CSI}?${encoding}h`;
  if (state.cursorBlinkMode) text += `${CSI}?12h`;
  if (dec.cursorStyle !== undefined)
    text += `${CSI}${CURSOR_STYLES[dec.cursorStyle] + (dec.cursorBlink ? 0 : 1)} q`;
  return text;
}

const SLOTS = ["(", ")", "*", "+"] as const;
const SHIFTS = ["\x0f", "\x0e", `${ESC}n`, `${ESC}o`] as const;

function charsetSequence(slot: 0 | 1 | 2 | 3, final: string): string {
  return `${ESC}${SLOTS[slot]}${final}`;
}

/** Designates G0..G3 and shifts one in; a table that came from a saved cursor comes from there again. */
function designateCharsets(writer: LineWriter, state: XtermState): void {
  for (const slot of [0, 1, 2, 3] as const) {
    writer.put(charsetSequence(slot, designationOf(state.charsets[slot])));
  }
  writer.put(SHIFTS[state.glevel] ?? SHIFTS[0]);
  if (state.charset !== state.charsets[state.glevel]) {
    writer.put(`${ESC}8`);
  }
}

/** Cursor, pen, and the modes that change how they move; the last thing printed is the character before the cursor. */
function placeCursor(writer: LineWriter, state: XtermState): void {
  const { active, cols, dec } = state;
  const line = active.lines.get(active.ybase + active.y);
  const x = Math.min(active.x, cols);
  if (dec.origin) writer.put(`${CSI}?6h`);
  if (state.insertMode) writer.put(`${CSI}4h`);
  if (!dec.wraparound) writer.put(`${CSI}?7l`);
  const shown = state.cursorHidden ? "" : `${CSI}?25h`;
  const row = active.y - (dec.origin ? active.scrollTop : 0);
  writer.forgetStyle();
  const width = (state.joinState >> 1) & 3;
  const printed = line !== undefined && width > 0 && isCharacter(line, x - width, width);
  if (printed) {
    writer.moveTo(x - width, row);
    writer.put(shown);
    penSequence(writer, state.pen);
    // In insert mode the character makes its own room again.
    if (state.insertMode) writer.put(`${CSI}${width}P`);
    writer.put(charsAt(line, x - width));
    return;
  }
  if (x < cols || line === undefined) {
    writer.moveTo(x, row);
  } else {
    pendingWrap(writer, state, row);
  }
  writer.put(shown);
  penSequence(writer, state.pen);
}

/** The cursor stands beyond the last column, and the character there was not the last thing to arrive. */
function pendingWrap(writer: LineWriter, state: XtermState, row: number): void {
  const { active, cols } = state;
  const line = active.lines.get(active.ybase + active.y);
  if (line === undefined) return;
  let last = cols - 1;
  if (word(line, last, 0) >>> Bits.widthShift === 0 && last > 0) last--;
  writer.moveTo(last, row);
  const width = cols - last;
  if (isBlank(line, last)) {
    const bg = plainColor(word(line, last, 2));
    writer.style({ ...PLAIN, bg });
    writer.put(" ");
    // A whole line that was erased under the cursor can be erased again.
    const isEmpty = Array.from({ length: cols }, (_, x) => x).every(
      (x) => isBlank(line, x) && plainColor(word(line, x, 2)) === bg,
    );
    if (isEmpty && !line.isWrapped) writer.put(`${CSI}2K`);
    return;
  }
  writer.style(styleOf(word(line, last, 1), word(line, last, 2), line._extendedAttrs[last]));
  if (state.insertMode) writer.put(`${CSI}${width}P`);
  // Unless its charset changed since it was printed, in which case US ASCII prints it as it is.
  writer.put(charsAt(line, last));
}

/** The pen for what comes next. A hidden underline colour shows with the next underline, so it is part of it. */
function penSequence(writer: LineWriter, pen: XtermAttributes): void {
  const style = styleOf(pen.fg, pen.bg, pen.extended);
  writer.style({ ...style, underlineColor: pen.extended._ext & Bits.color });
}

function isCharacter(line: Parameters<typeof charsAt>[0], x: number, width: number): boolean {
  if (x < 0) return false;
  const content = word(line, x, 0);
  return (content & Bits.hasContent) !== 0 && content >>> Bits.widthShift === width;
}
