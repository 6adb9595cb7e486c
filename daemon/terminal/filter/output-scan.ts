// Runs over what passes as it is: text, and the sequences that every program sends.

import { penEnd } from "../stream/pen-sequence.js";
import { plainSequenceEnd } from "./output-policy-csi.js";

const ENQ = 0x05;
const BEL = 0x07;
const ESC = 0x1b;
/** First byte of the UTF-8 form of every C1 control. */
const C1_LEAD = 0xc2;

const stopsAt = (...stops: readonly number[]) => {
  const table = new Uint8Array(256);
  for (const stop of stops) table[stop] = 1;
  return table;
};
export const LIVE_STOPS = stopsAt(ESC, ENQ, C1_LEAD);
/** Bells of the past do not ring. */
export const REPLAY_STOPS = stopsAt(ESC, ENQ, C1_LEAD, BEL);

/** Bytes that stop the run, rarest last: in most text none of them stands, which Node's own search sees at memory speed. */
const LIVE_SEARCH = [ESC, C1_LEAD, ENQ];
const REPLAY_SEARCH = [...LIVE_SEARCH, BEL];

/** Nothing in `bytes` needs a state. */
export function isPlain(bytes: Uint8Array, stops: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const search = stops === LIVE_STOPS ? LIVE_SEARCH : REPLAY_SEARCH;
  return search.every((stop) => !buffer.includes(stop));
}

/** Text, and sequences that are plainly harmless: the first byte at or after `from` that needs a state. */
export function plainEnd(bytes: Uint8Array, from: number, stops: Uint8Array): number {
  const { length } = bytes;
  let at = from;
  for (;;) {
    while (at < length && stops[bytes[at] as number] === 0) at++;
    if (at >= length) return length;
    const byte = bytes[at] as number;
    if (byte === ESC) {
      const end = penEnd(bytes, at) || plainSequenceEnd(bytes, at);
      if (end === 0) return at;
      at = end;
    } else if (byte === C1_LEAD && at + 1 < length && isPlainAfterLead(bytes[at + 1] as number, stops)) at++;
    else return at;
  }
}

/** The first byte at or after `from` that may end a string. */
export function contentEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] as number) >= 0x20 && bytes[at] !== C1_LEAD) at++;
  return at;
}

/**
 * Whether C2 with this byte behind it may pass. Not before what may be dropped: the C2 that stays would make a C1 control of
 * the byte behind that.
 */
export function isPlainAfterLead(byte: number, stops: Uint8Array): boolean {
  return (byte < 0x80 || byte > 0x9f) && stops[byte] === 0;
}
