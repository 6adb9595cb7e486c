// Finds in output the next byte that may belong to a question, fast.
import { utf8Length } from "../stream/sequence-parser.js";
import { isPlain, LIVE_STOPS } from "./output-scan.js";

const ESC = 0x1b;
const ENQ = 0x05;
/** First byte of the UTF-8 form of every C1 control. */
const C1_LEAD = 0xc2;

/** Nothing from `from` on begins a sequence, which Node's own search sees at memory speed. */
export function isText(bytes: Uint8Array, from: number): boolean {
  return isPlain(bytes.subarray(from), LIVE_STOPS);
}

/** Text, and control sequences that are plainly no question, need no state: the next byte at or after `from` that does. */
export function nextSpecial(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x80 && byte !== ESC && byte !== ENQ) {
      at++;
      continue;
    }
    if (byte === ENQ || byte === C1_LEAD) break;
    const end = byte === ESC ? harmlessControlEnd(bytes, at) : characterEnd(bytes, at);
    if (end === 0) break;
    at = end;
  }
  return at;
}

/** Finals that ask something without a private marker or an intermediate byte: `c n t x`. */
const ASKING_FINALS = new Set([0x63, 0x6e, 0x74, 0x78]);

/** The end of the CSI sequence at `at`, if it is complete and has only numbers; else 0. */
function harmlessControlEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at + 1] !== 0x5b) return 0;
  let end = at + 2;
  let byte = bytes[end] ?? 0;
  while (byte >= 0x30 && byte <= 0x3b) byte = bytes[++end] ?? 0;
  return byte >= 0x40 && byte <= 0x7e && !ASKING_FINALS.has(byte) ? end + 1 : 0;
}

/** The end of the multi-byte character at `at`, if it is complete; else 0. */
function characterEnd(bytes: Uint8Array, at: number): number {
  const end = at + utf8Length(bytes[at] ?? 0);
  if (end === at || end > bytes.length) return 0;
  for (let next = at + 1; next < end; next++) if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  return end;
}
