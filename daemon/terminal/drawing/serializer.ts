// Turns a terminal's whole state into bytes that reproduce it on another terminal of the same size.
import { sameSize } from "../../../shared/size.js";
import type { ModeTracker } from "../xterm/mode-tracker.js";
import { designationOf } from "../xterm/xterm-internals.js";
import type { XtermAttributes, XtermBuffer, XtermCharset, XtermState } from "../xterm/xterm-state.js";
import { drawBuffer } from "./buffer-drawing.js";
import type { DrawingView } from "./drawing-view.js";
import { drawFitted } from "./fitted-drawing.js";
import { charsAt, isBlank, isRightHalf, LineWriter, word } from "./line-writer.js";
import type { ScrollbackCache } from "./scrollback-cache.js";
import { Bits, PLAIN, plainColor, type Style, styleOf } from "./sgr.js";

const ESC = "\x1b";
const CSI = "\x1b[";
/** A blank screen, the cursor at home. In two parts: several terminals (tmux) scroll a screen that is erased at once into their scrollback. */
const ERASE = `${CSI}2H${CSI}J${CSI}H${CSI}K`;

export interface SerializeOptions {
  /** Whom it is for; default: a terminal of the same size, with the history. */
  readonly view?: DrawingView | undefined;
  /** With the pushed titles: only for a terminal that nobody looks at, whose own stack is empty. */
  readonly titles?: boolean | undefined;
  /** What has been drawn of this terminal; the text is then another, and what it draws the same. */
  readonly cache?: ScrollbackCache | undefined;
}

/**
 * Draws the state of a terminal whose parser is between sequences. Yields text in order; between two yields the caller may
 * let time pass, but must not write to the terminal.
 *
 * The bytes are right on a terminal in any state: they begin with resets (not RIS, which costs users their scrollback).
 * Order matters: the scrollback and screen; margins, tabs and saved cursor of the normal screen; then ?1049h, which saves
 * cursor and pen a second time, so both stand at their saved values; the alternate screen; modes; last the cursor, the pen
 * and, if a character was printed last, that character again, so that what combines with it or repeats it finds it.
 */
export function* serialize(
  state: XtermState,
  tracker: ModeTracker,
  { view = { size: state, history: true }, titles = false, cache }: SerializeOptions = {},
): Generator<string> {
  const isAlternate = state.active === state.alternate;
  const writer = new LineWriter(state);
  writer.put(resetSequence(tracker));
  writer.forgetStyle();
  writer.put(ERASE);
  if (!isAlternate) leaveAlternateState(writer, state, tracker);
  yield* drawView(writer, state, state.normal, view, cache);
  finishBuffer(writer, state, state.normal);
  writer.put(tracker.keyboardSequence("main"));
  if (isAlternate) {
    writer.put(`${CSI}?1049h${charsetSequence(0, "B")}`);
    writer.forgetStyle();
    writer.put(`${CSI}r${ERASE}`);
    yield* drawView(writer, state, state.alternate, view);
    finishBuffer(writer, state, state.alternate);
    writer.put(tracker.keyboardSequence("alternate"));
  }
  writer.put(modeSequence(state));
  if (titles) writer.put(titleStackSequence(state));
  writer.put(tracker.restoreSequence());
  writer.put(charsetSequences(state) + (isCharsetRestored(state) ? `${ESC}8` : ""));
  placeCursor(writer, state);
  yield writer.take();
}

/** The first bytes of every snapshot: ends an unfinished sequence and brings every mode to its default. */
function resetSequence(tracker: ModeTracker): string {
  const off = [1, 6, 9, 12, 45, 66, 69, 1000, 1002, 1003, 1004, 1006, 1016, 2004, 2026];
  return [
    // Keyboard flags are kept per screen: off on the one that is left too.
    `${ESC}\\${CSI}?25l${CSI}<99u${CSI}?1049l`,
    ...off.map((mode) => `${CSI}?${mode}l`),
    `${CSI}?7h${CSI}4l${CSI}20l${ESC}>${CSI}r${CSI}0 q`,
    tracker.resetSequence(),
    `${ESC}(B${ESC})B${ESC}*B${ESC}+B\x0f`,
  ].join("");
}

/**
 * The alternate screen's saved cursor and keyboard flags outlive it: they show in the next full-screen program that restores
 * without saving, or pushes.
 */
function leaveAlternateState(writer: LineWriter, state: XtermState, tracker: ModeTracker): void {
  const { alternate } = state;
  const pen = alternate.savedCurAttrData;
  const hasCursor =
    alternate.savedX !== 0 || alternate.savedY !== 0 || alternate.savedCharset !== undefined || !isPlain(pen);
  if (!hasCursor && !tracker.hasAlternateKeys) return;
  writer.put(`${CSI}?1047h`);
  saveCursor(writer, state, alternate);
  writer.put(`${tracker.keyboardSequence("alternate")}${charsetSequence(0, "B")}${CSI}?1047l${CSI}H`);
  writer.plain();
}

function isPlain(pen: XtermAttributes): boolean {
  return pen.fg === 0 && pen.bg === 0 && (pen.extended._ext & Bits.color) === 0;
}

function* drawView(
  writer: LineWriter,
  state: XtermState,
  buffer: XtermBuffer,
  view: DrawingView,
  cache?: ScrollbackCache,
): Generator<string> {
  if (!sameSize(view.size, state)) yield* drawFitted(writer, state, buffer, view);
  else if (view.history === true) yield* drawBuffer(writer, state, buffer, { cache });
  else
    yield* drawBuffer(writer, state, buffer, { from: Math.ceil(buffer.ybase * (1 - Number(view.history))) });
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
  writer.moveTo(Math.min(savedX, state.cols - 1), Math.min(savedY, state.rows - 1));
  // The hyperlink is not part of what DECSC saves.
  writer.style({ ...penStyle(pen), linkId: 0 });
  writer.put(`${charsetSequence(0, designationOf(savedCharset))}${ESC}7`);
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

function titleStackSequence({ titleStack }: XtermState): string {
  let title = "";
  let text = "";
  for (const pushed of titleStack) {
    if (pushed !== title) text += `${ESC}]2;${pushed}${ESC}\\`;
    text += `${CSI}22;2t`;
    title = pushed;
  }
  return text;
}

const SLOTS = ["(", ")", "*", "+"] as const;
const SHIFTS = ["\x0f", "\x0e", `${ESC}n`, `${ESC}o`] as const;

function charsetSequence(slot: 0 | 1 | 2 | 3, final: string): string {
  return `${ESC}${SLOTS[slot]}${final}`;
}

/** Designates G0..G3 and shifts one in. */
function charsetSequences(state: XtermState): string {
  const designations = ([0, 1, 2, 3] as const).map((slot) =>
    charsetSequence(slot, designationOf(state.charsets[slot])),
  );
  return `${designations.join("")}${SHIFTS[state.glevel] ?? SHIFTS[0]}`;
}

/** True when the table in use is not the shifted-in slot's: it came with a restored cursor, and comes from there again. */
function isCharsetRestored(state: XtermState): boolean {
  return state.charset !== state.charsets[state.glevel];
}

/** What to print so that `chars` appear through the table in use; undefined if nothing does. */
function throughCharset(charset: XtermCharset, chars: string): string | undefined {
  const [first = "", ...marks] = chars;
  if (charset?.[first] === undefined) return chars;
  for (const [typed, shown] of Object.entries(charset))
    if (shown?.[0] === first) return typed + marks.join("");
  return undefined;
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
  const printed =
    line !== undefined && width > 0 && isCharacter(line, x - width, width)
      ? throughCharset(state.charset, charsAt(line, x - width))
      : undefined;
  if (printed !== undefined) {
    writer.moveTo(x - width, row);
    writer.put(shown);
    writer.style(penStyle(state.pen));
    // In insert mode the character makes its own room again.
    if (state.insertMode) writer.put(`${CSI}${width}P`);
    writer.put(printed);
    return;
  }
  if (width === 2 && x === cols - 1 && !dec.wraparound) {
    // A wide character that did not fit was dropped: another one is dropped likewise, from where that one was.
    const before = line !== undefined && isCharacter(line, cols - 2, 2) ? charsAt(line, cols - 2) : "";
    writer.moveTo(before === "" ? x : cols - 2, row);
    writer.put(shown);
    writer.style(penStyle(state.pen));
    writer.put(before);
    writer.put("\u3000");
    return;
  }
  if (x < cols || line === undefined) {
    writer.moveTo(x, row);
  } else {
    pendingWrap(writer, state, row);
    // A sequence, though it changes nothing: the character must not count as the last thing that arrived.
    if (state.cursorHidden) writer.put(`${CSI}?25l`);
  }
  writer.put(shown);
  writer.style(penStyle(state.pen));
}

/** The cursor stands beyond the last column, and the character there was not the last thing to arrive. */
function pendingWrap(writer: LineWriter, state: XtermState, row: number): void {
  const { active, cols } = state;
  const line = active.lines.get(active.ybase + active.y);
  if (line === undefined) return;
  let last = cols - 1;
  if (isRightHalf(line, last)) last--;
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
  // The table in use may be another than when it was printed.
  const isPlain = state.charset === undefined || isCharsetRestored(state);
  writer.put(isPlain ? charsAt(line, last) : `${ESC}(B\x0f${charsAt(line, last)}${charsetSequences(state)}`);
}

/** The style of what comes next. A hidden underline colour shows with the next underline, so it is part of it. */
function penStyle(pen: XtermAttributes): Style {
  const style = styleOf(pen.fg, pen.bg | Bits.extended, pen.extended);
  return { ...style, underlineColor: pen.extended._ext & Bits.color };
}

function isCharacter(line: Parameters<typeof charsAt>[0], x: number, width: number): boolean {
  if (x < 0) return false;
  const content = word(line, x, 0);
  return (content & Bits.hasContent) !== 0 && content >>> Bits.widthShift === width;
}
