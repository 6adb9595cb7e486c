// Tells what a terminal sends by itself from what a person types.

/**
 * `typing`: keys, pastes, clicks, and whatever is not known. `reply`: an answer to a question, a lost focus, a size, the pointer
 * passing by. `focus`: the terminal was chosen by its person, who has not done anything in it yet.
 */
export type InputKind = "typing" | "reply" | "focus";

const ESC = 0x1b;
/** Longer than any answer but a clipboard's, which only a raw shell may ask for. */
const MAX_REPLY_BYTES = 64 * 1024;
/** Shift, Alt, Ctrl: they stand beside the button's number. */
const MODIFIERS = 4 + 8 + 16;
/** "No button" and "moved". */
const PASSING_BY = 3 + 32;

/**
 * Answers and reports. Keys win where both look the same: F3 with a modifier is `ESC [ 1 ; 2 R`, as is the cursor's place in the
 * first line. Sources: xterm's ctlseqs, kitty's keyboard and graphics protocols.
 */
const REPLY = new RegExp(
  [
    // Device attributes; status; place of the cursor, size and colour scheme.
    "\\[[?>=][0-9;]*c",
    "\\[0n",
    "\\[\\?[0-9;]+[nR]",
    "\\[(?!1;(?:[2-9]|1[0-6])R)\\d+;\\d+R",
    // Modes; kitty's flags; keyboard resources; terminal parameters; graphics; window.
    "\\[\\??\\d+;\\d+\\$y",
    "\\[\\?\\d+u",
    "\\[>[0-9;]+m",
    "\\[[23];[0-9;]+x",
    "\\[\\?[0-9;]+S",
    "\\[\\d[0-9;:]*t",
    // Focus.
    "\\[[IO]",
    // Strings, whole: colours, titles, clipboard; settings, names and versions; graphics.
    "\\](?:\\d+;|[lL])[^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)",
    "P[^\\x1b]*\\x1b\\\\",
    "_G[^\\x1b]*\\x1b\\\\",
    // The pointer.
    "\\[<(\\d+);\\d+;\\d+[Mm]",
    "\\[M([^])[^]{2}",
  ]
    .map((pattern) => `\\x1b${pattern}`)
    .join("|"),
  "y",
);

/**
 * What the bytes of one read are, as a whole: typing as soon as a part of them is. An answer that comes in two reads counts as
 * typing: rare, and then it goes where it always went.
 */
export function inputKind(bytes: Uint8Array): InputKind {
  if (bytes[0] !== ESC || bytes.length < 3 || bytes.length > MAX_REPLY_BYTES) return "typing";
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  let isFocus = true;
  for (REPLY.lastIndex = 0; REPLY.lastIndex < text.length; ) {
    const match = REPLY.exec(text);
    if (match === null) return "typing";
    const [whole, button, legacyButton] = match;
    if (button !== undefined && !isPassingBy(Number(button))) return "typing";
    if (legacyButton !== undefined && !isPassingBy(legacyButton.charCodeAt(0) - 32)) return "typing";
    isFocus &&= whole === "\u001b[I";
  }
  return isFocus ? "focus" : "reply";
}

function isPassingBy(button: number): boolean {
  return (button & ~MODIFIERS) === PASSING_BY;
}
