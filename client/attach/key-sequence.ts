// Escape sequences of keyboards: where one ends, and which key a kitty or xterm key report names.

const BRACKET = 0x5b;

/** Our bound: no key report is near it; a longer "sequence" is text. */
const MAX_SEQUENCE_BYTES = 64;

/** One `ESC ...` in a byte stream. `final` and `parameters` are set for a CSI. */
export interface Sequence {
  readonly length: number;
  readonly parameters?: string;
  readonly final?: string;
}

/**
 * What a sequence means to the prefix machine. `report`: not a key (mouse, focus, the terminal's answers); `silent`: a key
 * report that is no press of a character (release, a modifier alone); `other`: a key without a meaning for us.
 */
export type Meaning =
  | "prefix"
  | "prefix-release"
  | "paste"
  | "report"
  | "silent"
  | "other"
  | { readonly key: string };

/** The sequence at `bytes[start]` (an ESC), or undefined when its end has not arrived. */
export function readSequence(bytes: Uint8Array, start: number): Sequence | undefined {
  const second = bytes[start + 1];
  if (second === undefined) return undefined;
  // ESC and one more byte: Alt with a key, or the start of a string; the byte itself is looked at again.
  if (second !== BRACKET) return { length: 1 };
  let at = start + 2;
  while (at < bytes.length && isParameter(bytes[at] as number)) at++;
  if (at - start > MAX_SEQUENCE_BYTES) return { length: at - start };
  const final = bytes[at];
  if (final === undefined) return undefined;
  // Not the end of a CSI: a broken sequence is text up to here.
  if (final < 0x40 || final > 0x7e) return { length: at - start };
  const parameters = String.fromCharCode(...bytes.subarray(start + 2, at));
  // X10 mouse: three raw bytes follow `CSI M`.
  const tail = final === 0x4d && parameters === "" ? 3 : 0;
  if (at + 1 + tail > bytes.length) return undefined;
  return { length: at + 1 + tail - start, parameters, final: String.fromCharCode(final) };
}

/** Parameter bytes 0x30..0x3f and intermediates 0x20..0x2f (ECMA-48, 5.4). */
function isParameter(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x3f;
}

interface KeyReport {
  /** Unicode of the key, then its shifted and its base-layout variants, as far as reported. */
  readonly codes: readonly number[];
  /** Bits: 1 Shift, 2 Alt, 4 Ctrl, 8 Super, ...; Caps Lock and Num Lock are removed. */
  readonly modifiers: number;
  readonly release: boolean;
}

const SHIFT = 1;
const CTRL = 4;
const LOCKS = 64 | 128;
const RELEASE = 3;

/** Compares sequences with one prefix key. */
export class PrefixMatcher {
  /** The control byte that the key sends without any keyboard protocol. */
  readonly byte: number;
  readonly #codes: ReadonlySet<number>;

  constructor(byte: number) {
    this.byte = byte;
    const upper = byte + 0x40;
    // Letters are reported in lower case.
    this.#codes = new Set(upper >= 0x41 && upper <= 0x5a ? [upper + 0x20] : [upper]);
  }

  meaning({ parameters, final }: Sequence): Meaning {
    if (parameters === undefined || final === undefined) return "other";
    if (final === "~" && parameters === "200") return "paste";
    const report = readKeyReport(parameters, final);
    if (report === undefined) return isKeyFinal(parameters, final) ? "other" : "report";
    const { codes, modifiers, release } = report;
    if ((modifiers & ~SHIFT) === CTRL && codes.some((code) => this.#codes.has(code))) {
      return release ? "prefix-release" : "prefix";
    }
    const [code = 0, shifted] = codes;
    // Kitty's numbers for modifier keys, Caps Lock and the like.
    if (release || (code >= 57_358 && code <= 57_363) || (code >= 57_441 && code <= 57_454)) return "silent";
    if ((modifiers & ~SHIFT) !== 0) return "other";
    if (modifiers === 0) return { key: String.fromCodePoint(code) };
    // Shift with `/` is `?` on the keyboards that do not report what Shift makes of a key.
    const text = shifted ?? (code === 0x2f ? 0x3f : code);
    return { key: String.fromCodePoint(text) };
  }
}

/** kitty `CSI code[:shifted[:base]] [; modifiers[:event]] u`, or xterm `CSI 27 ; modifiers ; code ~`. */
function readKeyReport(parameters: string, final: string): KeyReport | undefined {
  const kitty =
    final === "u"
      ? /^(\d{1,7}(?::\d{0,7}){0,2})(?:;(\d{0,4})(?::(\d))?(?:;[\d:]*)?)?$/.exec(parameters)
      : null;
  const xterm = final === "~" ? /^27;(\d{1,4});(\d{1,7})$/.exec(parameters) : null;
  if (kitty === null && xterm === null) return undefined;
  const codes = (kitty?.[1] ?? xterm?.[2] ?? "")
    .split(":")
    .map(Number)
    .filter((code) => code > 0 && code <= 0x10_ffff);
  const modifiers = Math.max(0, Number(kitty?.[2] || xterm?.[1] || 1) - 1) & ~LOCKS;
  return { codes, modifiers, release: Number(kitty?.[3]) === RELEASE };
}

/** Arrows, Home, End, F1..F4, Backtab and the keys that end in `~`. */
function isKeyFinal(parameters: string, final: string): boolean {
  return /^[\d;:]*$/.test(parameters) && /^[A-HP-SZ~]$/.test(final);
}
