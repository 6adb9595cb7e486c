// Spans of a captured line as text with SGR sequences.
import { printable } from "../../shared/names.js";
import type { CellSpan, Look, Underline } from "../../shared/screen-capture.js";

const UNDERLINES: Readonly<Record<Underline, string>> = {
  single: "4",
  double: "4:2",
  curly: "4:3",
  dotted: "4:4",
  dashed: "4:5",
};

/** Begins and ends plain. */
export function spansAnsi(spans: readonly CellSpan[]): string {
  let text = "";
  let isPlain = true;
  for (const span of spans) {
    const codes = codesOf(span);
    if (codes !== "" || !isPlain) text += `\u001b[${codes === "" ? "" : `0${codes}`}m`;
    isPlain = codes === "";
    text += printable(span.text, span.text.length);
  }
  return isPlain ? text : `${text}\u001b[m`;
}

function codesOf(look: Look): string {
  const flags = [
    look.bold && "1",
    look.dim && "2",
    look.italic && "3",
    look.underline && UNDERLINES[look.underline],
    look.blink && "5",
    look.inverse && "7",
    look.invisible && "8",
    look.strikethrough && "9",
    look.overline && "53",
    look.fg !== undefined && colorCodes(38, look.fg),
    look.bg !== undefined && colorCodes(48, look.bg),
  ];
  return flags.map((code) => (code ? `;${code}` : "")).join("");
}

function colorCodes(base: 38 | 48, color: number | string): string {
  if (typeof color === "number") return `${base};5;${color}`;
  return [base, 2, ...[1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))].join(";");
}
