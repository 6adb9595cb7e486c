// Recognises SGR, the sequence that sets colours and attributes, at the speed of a flood.

const BRACKET = 0x5b;
const SGR = 0x6d;
const MAX_PEN_BYTES = 32;
/** A longer number may be over the bound. */
const MAX_DIGITS = 4;

/**
 * The end of the SGR at `at`, if that is what it is and all of it is there; else 0. Most sequences of a flood are colours: they
 * are read once. Takes nothing for one that `judgeCsi` would not let pass.
 */
export function penEnd(bytes: Uint8Array, at: number): number {
  const limit = Math.min(bytes.length, at + MAX_PEN_BYTES);
  if (at + 2 >= limit || bytes[at + 1] !== BRACKET) return 0;
  let digits = 0;
  for (let end = at + 2; end < limit; end++) {
    const byte = bytes[end] as number;
    if (byte === SGR) return end + 1;
    if (byte < 0x30 || byte > 0x3b) return 0;
    digits = byte <= 0x39 ? digits + 1 : 0;
    if (digits > MAX_DIGITS) return 0;
  }
  return 0;
}

/** Whether that SGR begins with a reset: what was set before it does not matter. */
export function isReset(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at + 2];
  return first === SGR || (first === 0x30 && (bytes[at + 3] === SGR || bytes[at + 3] === 0x3b));
}
