// Which operating system commands (OSC) of a program reach its clients, and in which form.
import type { Verdict, VerdictContext } from "./output-verdict.js";

/** Characters of a title or a notification. */
const MAX_TEXT_CHARS = 200;
/** From VTE: longer addresses are ignored by terminals anyway. */
const MAX_LINK_CHARS = 2_083;
/** Decoded; what a person copies. */
const MAX_CLIPBOARD_BYTES = 100 * 1024;
/** ... and the string that carries it. */
export const MAX_CLIPBOARD_CHARS = Math.ceil(MAX_CLIPBOARD_BYTES / 3) * 4 + 64;
const MAX_PATH_CHARS = 4_096;

/** Colours as names, `#rgb`, `rgb:r/g/b` and the like; the name space of X11 has no other characters. */
const COLOR = /^(?:\?|[A-Za-z][A-Za-z0-9 ]{0,40}|#[0-9A-Fa-f]{3,16}|[A-Za-z]{2,8}:[0-9A-Fa-f/.]{1,40})$/;
const PRINTABLE = /^[ -~]*$/;
/** C0, DEL, C1, separators, byte order mark, and what changes the direction of text. */
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

/**
 * The body in Latin-1, without introducer and terminator → `pass`, `drop`, or the body to send instead.
 * Numbers are compared as they are written: `052` is not `52` here, and so is unknown.
 */
export function judgeOsc(body: string, context: VerdictContext): Verdict {
  const at = body.indexOf(";");
  const code = at < 0 ? body : body.slice(0, at);
  const rest = at < 0 ? "" : body.slice(at + 1);
  switch (code) {
    case "0":
    case "1":
    case "2":
      return same(body, `${code};${cleaned(rest)}`);
    case "4":
      return passIf(isPalette(rest));
    case "10":
    case "11":
    case "12":
      return passIf(isSpecialColors(Number(code), rest));
    case "104":
      return passIf(/^(?:\d{1,3}(?:;\d{1,3}){0,255})?$/.test(rest));
    case "110":
    case "111":
    case "112":
      return passIf(rest === "");
    case "7":
      return passIf(
        /^(?:file|kitty-shell-cwd):\/\/[ -~\u0080-\u00ff]*$/.test(rest) &&
          rest.length <= MAX_PATH_CHARS &&
          !hasControl(rest),
      );
    case "8":
      return link(rest);
    case "9":
      return progressOrNotification(rest, context);
    case "52":
      return clipboard(rest, context);
    case "99":
      return kittyNotification(rest, context);
    case "133":
      return passIf(/^[A-DILNP](?:;[ -~]{0,256})?$/.test(rest));
    case "777":
      return urxvtNotification(rest, context);
    default:
      return "drop";
  }
}

/** What a string was that grew too long, or was cut, has to be made up for: only an open link would go on. */
export function judgeOverlongOsc(start: string, length: number, context: VerdictContext): Verdict {
  if (start.startsWith("52;")) context.blocked("clipboard", Math.floor((Math.max(0, length - 8) / 4) * 3));
  return start.startsWith("8;") ? "8;;" : "drop";
}

function passIf(isHarmless: boolean): Verdict {
  return isHarmless ? "pass" : "drop";
}

function same(before: string, after: string): Verdict {
  return before === after ? "pass" : after;
}

/** Printable text of at most so many characters; Latin-1 in, Latin-1 out, UTF-8 between. */
function cleaned(text: string): string {
  // Plain and short: nearly all.
  if (text.length <= MAX_TEXT_CHARS && PRINTABLE.test(text)) return text;
  const characters = [...decode(text).replace(UNPRINTABLE, "")];
  return encode(characters.slice(0, MAX_TEXT_CHARS).join(""));
}

function decode(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}

function encode(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Controls, in Latin-1 text that may hold UTF-8: C0, DEL, and C1 in its UTF-8 form. */
function hasControl(text: string): boolean {
  return /[\u0000-\u001f\u007f]|\u00c2[\u0080-\u009f]/.test(text);
}

/** Pairs of index and colour. */
function isPalette(rest: string): boolean {
  const fields = rest.split(";");
  if (fields.length % 2 !== 0) return false;
  return fields.every((field, at) =>
    at % 2 === 0 ? /^\d{1,3}$/.test(field) && Number(field) < 256 : COLOR.test(field),
  );
}

/** Text, background and cursor; further fields mean the following codes. */
function isSpecialColors(code: number, rest: string): boolean {
  const fields = rest.split(";");
  return code + fields.length - 1 <= 12 && fields.every((field) => COLOR.test(field));
}

/** Without its link the text stays, and no earlier link goes on. */
function link(rest: string): Verdict {
  const at = rest.indexOf(";");
  if (at < 0) return "8;;";
  const [params, uri] = [rest.slice(0, at), rest.slice(at + 1)];
  if (!/^[!-~]{0,256}$/.test(params)) return "8;;";
  if (uri === "") return "pass";
  const isWeb = /^(?:https?:\/\/|mailto:)[!-~]+$/i.test(uri) && uri.length <= MAX_LINK_CHARS;
  return isWeb ? "pass" : "8;;";
}

/** iTerm2's notification; with a number in front it is one of ConEmu's commands, of which only the progress bar passes. */
function progressOrNotification(rest: string, context: VerdictContext): Verdict {
  if (/^4;[0-4](?:;\d{0,3})?$/.test(rest)) return "pass";
  if (/^\d+(?:;|$)/.test(rest)) return "drop";
  return notification(context, rest, (name, text) => `9;[${name}] ${text}`);
}

function urxvtNotification(rest: string, context: VerdictContext): Verdict {
  const match = /^notify;([^;]*)(?:;(.*))?$/s.exec(rest);
  if (match === null) return "drop";
  const [, title = "", text = ""] = match;
  return notification(context, title, (name, clean) =>
    text === ""
      ? `777;notify;[${name}] ${clean}`
      : `777;notify;[${name}] ${clean};${withoutFields(cleaned(text))}`,
  );
}

/** Only the text of it: an id would come back as typing, and actions and buttons are the program's wish, not the person's. */
function kittyNotification(rest: string, context: VerdictContext): Verdict {
  const at = rest.indexOf(";");
  if (at < 0) return "drop";
  const keys = rest.slice(0, at).split(":");
  const isText = keys.every(
    (key) => !/^[pe]=/.test(key) || key === "p=title" || key === "p=body" || key === "e=0",
  );
  if (!isText) return "drop";
  return notification(context, rest.slice(at + 1), (name, text) => `99;;[${name}] ${text}`);
}

function notification(
  context: VerdictContext,
  text: string,
  write: (name: string, text: string) => string,
): Verdict {
  const clean = withoutFields(cleaned(text));
  if (context.replaying || clean === "" || !context.takeTurn()) return "drop";
  return write(context.name, clean);
}

/** A semicolon would begin a field that the program chooses. */
function withoutFields(text: string): string {
  return text.replaceAll(";", ",");
}

/** Written only with the person's leave, live, and never read. */
function clipboard(rest: string, context: VerdictContext): Verdict {
  const at = rest.indexOf(";");
  const data = rest.slice(at + 1);
  if (at < 0 || data === "?" || context.replaying) return "drop";
  const bytes = Math.floor((data.replace(/=+$/, "").length * 3) / 4);
  const isWrite = /^[cpqs0-7]{0,12}$/.test(rest.slice(0, at)) && /^[A-Za-z0-9+/]*={0,2}$/.test(data);
  if (context.clipboard && isWrite && bytes <= MAX_CLIPBOARD_BYTES) return "pass";
  context.blocked("clipboard", bytes);
  return "drop";
}
