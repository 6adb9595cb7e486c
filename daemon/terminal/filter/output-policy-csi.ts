// Which control sequences (CSI) of a program reach its clients: those that draw, and the questions that reveal nothing.
import type { Verdict } from "./output-verdict.js";

/**
 * Private modes that pass. Not among them: VT52 and Tektronix mode (2, 38), whose grammar is another one; the printer (18, 19)
 * and the log file (46); 132 columns (3, 40, 95), which resize; mouse highlighting (1001), which waits for the program; the bell
 * that raises a window (1042, 1043); the keyboard's own (8, 67, 1034 to 1039, 1050 to 1061); the clipboard (5522).
 */
const PRIVATE_MODES = new Set([
  1, 4, 5, 6, 7, 9, 12, 25, 45, 47, 66, 69, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016, 1047, 1048,
  1049, 2004, 2026, 2027, 2031, 2048, 9001,
]);

/** Insert, newline, and the two that old terminfo entries send for the cursor. Not: keyboard lock, local echo, show controls. */
const ANSI_MODES = new Set([4, 20, 33, 34]);

/** modifyOtherKeys: the only resource of its kind that programs use, and the only one that is restored. */
const KEY_RESOURCES = new Set([4]);

/** Some terminals do the work of each of these one by one. */
const MAX_REPEATS = 9_999;
const MAX_PARAMETER = 65_535;
/** From xterm and xterm.js: further ones are ignored. */
const MAX_PARAMETERS = 32;

/** Decides on the numbers of a sequence whose form is known; an absent number is 0. */
type Rule = (numbers: readonly number[]) => boolean | readonly number[];

const always: Rule = () => true;
const repeats: Rule = ([first = 0]) => first <= MAX_REPEATS;
const only =
  (...allowed: readonly number[]): Rule =>
  (numbers) =>
    numbers.length <= 1 && allowed.includes(numbers[0] ?? 0);
/** Keeps the modes that are known to be harmless. */
const modes =
  (allowed: ReadonlySet<number>): Rule =>
  (numbers) => {
    const kept = numbers.filter((mode) => allowed.has(mode));
    return kept.length === numbers.length ? true : kept;
  };
const atMost =
  (count: number): Rule =>
  (numbers) =>
    numbers.length <= count;

/** Private marker, intermediates and final byte → the rule. What is not here is dropped. */
const RULES: ReadonlyMap<string, Rule> = new Map([
  ...[..."ABCDEFGHJK`adefgmsu"].map((final) => [final, always] as const),
  ...[..."@ILMPSXZb"].map((final) => [final, repeats] as const),
  // With more numbers it would track the mouse, and wait for the program.
  ["T", ([first = 0, ...more]) => more.length === 0 && first <= MAX_REPEATS],
  ["r", atMost(2)],
  ["h", modes(ANSI_MODES)],
  ["l", modes(ANSI_MODES)],
  ["c", only(0)],
  ["n", only(5, 6)],
  ["?h", modes(PRIVATE_MODES)],
  ["?l", modes(PRIVATE_MODES)],
  ["?s", modes(PRIVATE_MODES)],
  ["?r", modes(PRIVATE_MODES)],
  ["?J", always],
  ["?K", always],
  ["?W", only(5)],
  // The cursor of the Linux console.
  ["?c", atMost(3)],
  ["?n", only(6, 996)],
  ["?u", atMost(1)],
  ["?m", ([first = 0]) => KEY_RESOURCES.has(first)],
  [">c", only(0)],
  ["=c", only(0)],
  [">q", only(0)],
  [">m", ([first = 0]) => KEY_RESOURCES.has(first)],
  [">n", ([first = 0]) => KEY_RESOURCES.has(first)],
  [">u", atMost(1)],
  ["=u", atMost(2)],
  ["<u", ([first = 0]) => first <= MAX_REPEATS],
  ["$p", atMost(1)],
  ["?$p", atMost(1)],
  [" q", only(0, 1, 2, 3, 4, 5, 6)],
  [" @", repeats],
  [" A", repeats],
  ["'}", repeats],
  ["'~", repeats],
  ["!p", always],
  ['"q', only(0, 1, 2)],
  // Rectangles.
  ["$r", always],
  ["$t", always],
  ["$v", always],
  ["$x", always],
  ["$z", always],
  ["${", always],
  ["#{", always],
  ["#}", always],
  ["#p", always],
  ["#q", always],
] satisfies readonly (readonly [string, Rule])[]);

const FORM = /^([<-?]?)([0-9:;]*)([ -/]*)([@-~])$/;

/** @param introducer `ESC [` or its C1 form. @param body what follows it, without control characters. */
export function judgeCsi(introducer: string, body: string): Verdict {
  const match = FORM.exec(body);
  if (match === null) return "drop";
  const [, prefix = "", params = "", intermediates = "", final = ""] = match;
  const rule = RULES.get(prefix + intermediates + final);
  if (rule === undefined) return "drop";
  const fields = params === "" ? [] : params.split(";");
  // Sub-parameters are colours and underlines only.
  if (fields.length > MAX_PARAMETERS || (params.includes(":") && prefix + intermediates + final !== "m"))
    return "drop";
  const numbers = fields.map((field) => Number.parseInt(field, 10) || 0);
  if (numbers.some((value) => value > MAX_PARAMETER)) return "drop";
  const kept = rule(numbers);
  if (typeof kept === "boolean") return kept ? "pass" : "drop";
  return kept.length === 0 ? "drop" : `${introducer}${prefix}${kept.join(";")}${intermediates}${final}`;
}

const BRACKET = 0x5b;

/** Final bytes that pass whatever few numbers stand before them. */
const PLAIN_FINALS = new Uint8Array(256);
for (const final of "ABCDEFGHJK`adefgmsu") PLAIN_FINALS[final.charCodeAt(0)] = 1;
/** ... and those that pass with less than five digits. */
const SHORT_FINALS = new Uint8Array(256);
for (const final of "@ILMPSXZb") SHORT_FINALS[final.charCodeAt(0)] = 1;
/** Escapes of one byte that every program sends. */
const PLAIN_ESCAPES = new Uint8Array(256);
for (const final of "78=>DEHM") PLAIN_ESCAPES[final.charCodeAt(0)] = 1;

/** Of one private mode: most sequences with `?` are `?25h` and its like. */
const PLAIN_MODES = new Uint8Array(65_536);
for (const mode of PRIVATE_MODES) PLAIN_MODES[mode] = 1;

/**
 * The end of the sequence at `at`, if it is complete, common and passes as it is; 0 when it needs a closer look. Judges without
 * making a string: this runs for every colour of a flood. Never lets through what `judgeCsi` would not.
 */
export function plainSequenceEnd(bytes: Uint8Array, at: number): number {
  const second = bytes[at + 1] as number;
  if (second !== BRACKET) return plainEscapeEnd(bytes, at, second);
  let end = at + 2;
  let byte = bytes[end] as number;
  if (byte === 0x3f) return plainModeEnd(bytes, end + 1);
  while (byte >= 0x30 && byte <= 0x3b) byte = bytes[++end] as number;
  const params = end - at - 2;
  if (byte !== 0x6d && hasColon(bytes, at + 2, end)) return 0;
  if (params <= 4) return PLAIN_FINALS[byte] === 1 || SHORT_FINALS[byte] === 1 ? end + 1 : 0;
  if (params > 32 || (byte !== 0x6d && byte !== 0x48)) return 0;
  return hasLongNumber(bytes, at + 2, end) ? 0 : end + 1;
}

/** Sub-parameters are colours and underlines only. */
function hasColon(bytes: Uint8Array, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if (bytes[at] === 0x3a) return true;
  return false;
}

function hasLongNumber(bytes: Uint8Array, from: number, end: number): boolean {
  let digits = 0;
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number;
    digits = byte <= 0x39 ? digits + 1 : 0;
    // It may be over the bound.
    if (digits === 5) return true;
  }
  return false;
}

function plainEscapeEnd(bytes: Uint8Array, at: number, second: number): number {
  if (PLAIN_ESCAPES[second] === 1) return at + 2;
  // G0 becomes ASCII or line drawing.
  const third = bytes[at + 2];
  return second === 0x28 && (third === 0x42 || third === 0x30) ? at + 3 : 0;
}

function plainModeEnd(bytes: Uint8Array, from: number): number {
  let end = from;
  let mode = 0;
  let byte = bytes[end] as number;
  while (byte >= 0x30 && byte <= 0x39 && end - from < 4) {
    mode = mode * 10 + byte - 0x30;
    byte = bytes[++end] as number;
  }
  return (byte === 0x68 || byte === 0x6c) && PLAIN_MODES[mode] === 1 ? end + 1 : 0;
}

/** `ESC`, intermediates and a final byte. @param body what follows ESC, without control characters. */
export function judgeEscape(body: string): Verdict {
  return ESCAPES.test(body) ? "pass" : "drop";
}

/**
 * Cursor, tabs, index, keypad, full reset, single and locking shifts, string end, double height, UTF-8, seven-bit replies, character sets.
 * Not among them: leaving UTF-8 (`% @`), after which single bytes would be controls; eight-bit replies (`SP G`); memory and
 * keyboard locks.
 */
const ESCAPES = /^(?:[6-9=>DEHMNOZcno|}~\\]|#[3-68]|%G| F|[()*+\-./][ !"%&]?[0-OQ-WYZ`-~])$/;

/** C1 controls that stand alone and draw: index, next line, tab stop, reverse index, single shifts. */
export const PLAIN_C1: ReadonlySet<number> = new Set([0x84, 0x85, 0x88, 0x8d, 0x8e, 0x8f]);
