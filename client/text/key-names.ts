// Key names as tmux spells them (tmux(1), "KEY BINDINGS"), and the bytes that a terminal sends for them.
import { cleanPaste } from "../../shared/clean-paste.js";

const ESC = "\u001b";

/** Keys that send fixed bytes and ignore Shift. */
const plainKeys: Readonly<Record<string, string>> = {
  enter: "\r",
  space: " ",
  tab: "\t",
  btab: `${ESC}[Z`,
  escape: ESC,
  bspace: "\u007f",
};

/** Keys of the form `CSI final` or, with modifiers, `CSI 1 ; m final`; F1..F4 are `SS3 final` without modifiers. */
const letterKeys: Readonly<Record<string, readonly [introducer: string, final: string]>> = {
  up: ["[", "A"],
  down: ["[", "B"],
  right: ["[", "C"],
  left: ["[", "D"],
  home: ["[", "H"],
  end: ["[", "F"],
  f1: ["O", "P"],
  f2: ["O", "Q"],
  f3: ["O", "R"],
  f4: ["O", "S"],
};

/** Keys of the form `CSI number ~` or `CSI number ; m ~` (xterm, "PC-Style Function Keys"). */
const numberKeys: Readonly<Record<string, number>> = {
  ic: 2,
  insert: 2,
  dc: 3,
  delete: 3,
  ppage: 5,
  pageup: 5,
  pgup: 5,
  npage: 6,
  pagedown: 6,
  pgdn: 6,
  f5: 15,
  f6: 17,
  f7: 18,
  f8: 19,
  f9: 20,
  f10: 21,
  f11: 23,
  f12: 24,
};

/** What xterm adds to 1 for each modifier in a key's parameter. */
const modifierValues: Readonly<Record<string, number>> = { S: 1, M: 2, C: 4 };

/**
 * The text to type for one argument of `send`: the bytes of a key when it names one (`Enter`, `C-c`, `M-x`, `S-Up`, `^C`),
 * otherwise the argument itself, as tmux does.
 */
export function keyText(argument: string): string {
  return namedKey(argument) ?? argument;
}

/** The text of a key, or undefined when `name` names none. Names ignore case, modifiers do not. */
export function namedKey(name: string): string | undefined {
  if (/^\^[@-_a-z?]$/.test(name)) return controlText(name.slice(1));
  const match = /^((?:[CMS]-)*)(.+)$/s.exec(name);
  if (match === null) return undefined;
  const modifiers = new Set((match[1] ?? "").split("-").filter(Boolean));
  const base = match[2] ?? "";
  const key = base.toLowerCase();

  const letter = own(letterKeys, key);
  const number = own(numberKeys, key);
  if (letter !== undefined || number !== undefined) {
    let parameter = 1;
    for (const modifier of modifiers) parameter += modifierValues[modifier] ?? 0;
    if (letter !== undefined) {
      return parameter === 1 ? `${ESC}${letter[0]}${letter[1]}` : `${ESC}[1;${parameter}${letter[1]}`;
    }
    return parameter === 1 ? `${ESC}[${number}~` : `${ESC}[${number};${parameter}~`;
  }

  let text = own(plainKeys, key);
  if (text === undefined) {
    // A modifier makes a name of any single character; without one it is plain text.
    if (modifiers.size === 0 || [...base].length !== 1) return undefined;
    text = base;
  }
  if (modifiers.has("S")) text = key === "tab" ? `${ESC}[Z` : text.toUpperCase();
  if (modifiers.has("C")) {
    const control = controlText(text);
    if (control === undefined) return undefined;
    text = control;
  }
  return modifiers.has("M") ? `${ESC}${text}` : text;
}

/** The control character of a key, by the ASCII rule: `@`..`_` lose 0x40; `C-Space` is NUL and `C-?` is DEL. */
function controlText(key: string): string | undefined {
  if (key === " ") return "\u0000";
  if (key === "?") return "\u007f";
  if (plainControl(key)) return key;
  const code = key.toUpperCase().charCodeAt(0);
  return key.length === 1 && code >= 0x40 && code <= 0x5f ? String.fromCharCode(code - 0x40) : undefined;
}

/** Enter, Tab, Escape and BSpace are control characters already. */
function plainControl(key: string): boolean {
  return key === "\r" || key === "\t" || key === ESC || key === "\u007f";
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/**
 * Text as a terminal pastes it: line ends as CR, without anything that could act as a key or end the paste early; between the
 * markers of bracketed paste, when the program has asked for them.
 */
export function pasteText(text: string, bracketed: boolean): string {
  const clean = cleanPaste(text.replace(/\r\n|\n/g, "\r"));
  return bracketed ? `${ESC}[200~${clean}${ESC}[201~` : clean;
}
