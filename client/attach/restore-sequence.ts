// The bytes that bring a terminal back to what a shell expects, whatever the program in it has switched on.
import type { ScreenModes } from "./output-tracker.js";

const CSI = "\u001b[";

const modesOff = (...modes: readonly number[]): string => modes.map((mode) => `${CSI}?${mode}l`).join("");

/*
 * Every mode of the terminal that a remote program may have set, off. Not among them: the title and the scrollback, which are
 * the user's. Sources: xterm's ctlseqs; kitty's keyboard protocol.
 */
const MODES_OFF =
  // Ends an unfinished string first, so that what follows is read at all.
  `\u001b\\${CSI}?2026l` +
  // Mouse: X10, normal, highlight, button, any; then the encodings.
  modesOff(9, 1000, 1001, 1002, 1003, 1005, 1006, 1015, 1016) +
  // Focus, bracketed paste, colour-scheme and size reports.
  modesOff(1004, 2004, 2031, 2048) +
  // Wrapping backwards.
  modesOff(45) +
  // Keys: kitty flags of this screen to none, modifyOtherKeys to its default, cursor keys and keypad to normal.
  `${CSI}=0;1u${CSI}>4m${modesOff(1)}\u001b>`;

/** Drawing: insert and newline modes, reverse video, margins off; autowrap and cursor on; its default shape. */
const DRAWING_OFF =
  `${CSI}4l${CSI}20l${modesOff(5, 69)}${CSI}?7h${CSI}?25h${CSI}0 q` +
  // Scroll region: setting it moves the cursor, so the cursor is kept around it.
  `\u001b7${CSI}r\u001b8` +
  // Charsets: G0 and G1 ASCII, G0 in use. No hyperlink, no protected cells, plain text.
  `\u001b(B\u001b)B\u001b*B\u001b+B\u000f\u001b]8;;\u001b\\${CSI}0"q${CSI}0m`;

/**
 * Brings the terminal back without clearing anything, and leaves the cursor where it is. `screen`: what it shows now.
 * The alternate screen is left only when it is shown, and origin mode only when it is on: both move the cursor.
 */
export function restoreSequence({ alternate, origin, leftOn, colors }: ScreenModes): string {
  return (
    MODES_OFF +
    modesOff(...[...leftOn].map(Number)) +
    [...colors].map((code) => `\u001b]1${code.padStart(2, "0")}\u001b\\`).join("") +
    // The kitty flags belong to each screen, so they go off on both.
    (alternate ? `${CSI}?1049l${CSI}=0;1u` : "") +
    (origin ? modesOff(6) : "") +
    DRAWING_OFF
  );
}

/**
 * A blank screen with the cursor at home, every mode at its default: what a snapshot is drawn on. Erased in two parts: several
 * terminals (tmux) scroll a screen that is erased at once into their scrollback, again with every drawing.
 * @param hold the terminal goes on showing what it shows until `SHOW`, when it can
 */
export function clearSequence(screen: ScreenModes, hold = false): string {
  return `${restoreSequence(screen)}${hold ? `${CSI}?2026h` : ""}${CSI}2H${CSI}J${CSI}H${CSI}K`;
}

/** Shows what was drawn since it was told to hold. */
export const SHOW = `${CSI}?2026l`;

/**
 * The same for a terminal with the user's own lines on it: they scroll into the scrollback instead of being lost. The
 * cursor stands on the line behind the last one; `rows - 1` line feeds push out just what is above it.
 */
export function makeRoomSequence(rows: number): string {
  const untouched = restoreSequence({
    alternate: false,
    origin: false,
    leftOn: new Set(),
    colors: new Set(),
  });
  return `${untouched}\r${"\n".repeat(Math.max(0, rows - 1))}${CSI}H${CSI}J`;
}

/**
 * The same where lines are missing between what is on the terminal and the drawing that follows: what is on it, and then
 * `line`, scroll into the scrollback, so that the line stands where the others would.
 */
export function gapSequence(screen: ScreenModes, rows: number, line: string): string {
  return `${restoreSequence(screen)}\r\n${CSI}K${line}${"\r\n".repeat(Math.max(1, rows))}${clearSequence(screen)}`;
}
