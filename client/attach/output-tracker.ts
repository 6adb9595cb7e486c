// Follows terminal output closely enough to know what stands in the way of a line of ours: modes and unfinished sequences.

const ESC = 0x1b;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;

/** Our bound: the parameters of a mode change are a few bytes; of longer ones only the end is ignored. */
const MAX_PARAMETERS = 64;

/** ... and so much of an OSC shows whether it sets a colour. */
const MAX_OSC = 128;

const ALTERNATE_MODES = new Set(["47", "1047", "1049"]);
const ORIGIN_MODE = "6";
/** Modes that are on in some terminals of their own accord: switched off again only when the program switched them on. */
const LEFT_ON_MODES = new Set(["4", "1007", "2027", "9001"]);
/** Colours that a program may set: palette, text, background, cursor. */
const COLOR_CODES = new Set(["4", "10", "11", "12"]);

/** What has to be known to leave a screen as it was found. */
export interface ScreenModes {
  /** The alternate screen is shown: nothing of ours may be written. */
  readonly alternate: boolean;
  /** The origin of the screen is the scroll region's: switching that off moves the cursor. */
  readonly origin: boolean;
  /** Private modes that are on and that nobody can know to be off otherwise. */
  readonly leftOn: ReadonlySet<string>;
  /** Colours were set: which, as the codes that set them. */
  readonly colors: ReadonlySet<string>;
}

type State = "ground" | "escape" | "csi" | "string" | "osc" | "string-escape" | "charset";

/** Almost free for plain text and colours: only other escape sequences go through the states byte by byte. */
export class OutputTracker implements ScreenModes {
  #state: State = "ground";
  #parameters = "";
  #alternate = false;
  #origin = false;
  /** Bytes that are missing of a UTF-8 character. */
  #missingBytes = 0;
  #lastByte = 0;
  #osc = "";
  readonly leftOn = new Set<string>();
  readonly colors = new Set<string>();

  get alternate(): boolean {
    return this.#alternate;
  }

  get origin(): boolean {
    return this.#origin;
  }

  /** Between sequences and characters: bytes of ours would break nothing. */
  get atGround(): boolean {
    return this.#state === "ground" && this.#missingBytes === 0;
  }

  /** The last byte, or 0: after a line feed the cursor is at the start of a line, most likely. */
  get lastByte(): number {
    return this.#lastByte;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === "ground") {
        at = bytes.indexOf(ESC, at);
        if (at === -1) break;
        const end = harmlessControlEnd(bytes, at);
        if (end === 0) this.#state = "escape";
        at = end === 0 ? at + 1 : end;
        continue;
      }
      this.#step(bytes[at++] as number);
    }
    this.#lastByte = bytes.at(-1) ?? this.#lastByte;
    this.#missingBytes = this.#state === "ground" ? missingBytes(bytes, this.#missingBytes) : 0;
  }

  /** The screen was reset from outside: by a snapshot, or by our own restore. */
  reset(): void {
    this.#state = "ground";
    this.#alternate = false;
    this.#origin = false;
    this.#missingBytes = 0;
    this.#lastByte = 0;
    this.leftOn.clear();
    this.colors.clear();
  }

  #step(byte: number): void {
    if (byte === CAN || byte === SUB) {
      this.#state = "ground";
      return;
    }
    switch (this.#state) {
      case "escape":
        this.#state = this.#afterEscape(byte);
        return;
      case "charset":
        this.#state = byte === ESC ? "escape" : "ground";
        return;
      case "csi":
        if (byte === ESC) this.#state = "escape";
        else if (byte >= 0x40 && byte <= 0x7e) this.#endCsi(byte);
        else if (this.#parameters.length < MAX_PARAMETERS) this.#parameters += String.fromCharCode(byte);
        return;
      case "osc":
      case "string":
        if (this.#state === "osc" && (byte === ESC || byte === BEL)) this.#endOsc();
        if (byte === ESC) this.#state = "string-escape";
        else if (byte === BEL && this.#state === "osc") this.#state = "ground";
        else if (this.#state === "osc" && this.#osc.length < MAX_OSC) this.#osc += String.fromCharCode(byte);
        return;
      case "string-escape":
        // ESC \ ends the string; any other ESC ends it too and starts a sequence.
        this.#state = byte === 0x5c ? "ground" : this.#afterEscape(byte);
        return;
      case "ground":
        return;
      default:
        this.#state satisfies never;
    }
  }

  #afterEscape(byte: number): State {
    if (byte === 0x5b) {
      this.#parameters = "";
      return "csi";
    }
    if (byte === 0x5d) {
      this.#osc = "";
      return "osc";
    }
    // DCS, SOS, PM, APC.
    if (byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f) return "string";
    if (byte === ESC) return "escape";
    // Intermediates: one more byte belongs to it (charsets, DECALN).
    if (byte >= 0x20 && byte <= 0x2f) return "charset";
    // RIS: everything back to the start.
    if (byte === 0x63) {
      this.#alternate = false;
      this.#origin = false;
      this.leftOn.clear();
    }
    return "ground";
  }

  #endCsi(final: number): void {
    this.#state = "ground";
    // DECSTR: of what is followed here it resets the origin only (VT510 manual; xterm and xterm.js do so).
    if (final === 0x70 && this.#parameters === "!") this.#origin = false;
    const on = final === 0x68;
    if ((!on && final !== 0x6c) || !this.#parameters.startsWith("?")) return;
    for (const mode of this.#parameters.slice(1).split(";")) {
      if (ALTERNATE_MODES.has(mode)) this.#alternate = on;
      else if (mode === ORIGIN_MODE) this.#origin = on;
      else if (on && LEFT_ON_MODES.has(mode)) this.leftOn.add(mode);
      else this.leftOn.delete(mode);
    }
  }

  /** Questions set nothing. */
  #endOsc(): void {
    const [code = "", ...fields] = this.#osc.split(";");
    this.#osc = "";
    if (code === "4") {
      if (fields.some((field, at) => at % 2 === 1 && field !== "?")) this.colors.add(code);
    } else if (COLOR_CODES.has(code)) {
      for (const [at, field] of fields.entries())
        if (field !== "?") this.colors.add(String(Number(code) + at));
    }
  }
}

/** The end of the whole control sequence at `at`, if it sets or resets no mode: a flood of colours is passed over. Else 0. */
function harmlessControlEnd(bytes: Uint8Array, at: number): number {
  const { length } = bytes;
  if (at + 2 >= length || bytes[at + 1] !== 0x5b) return 0;
  for (let end = at + 2; end < length; end++) {
    const byte = bytes[end] as number;
    if (byte >= 0x40 && byte <= 0x7e) return byte === 0x68 || byte === 0x6c || byte === 0x70 ? 0 : end + 1;
    if (byte < 0x20 || byte > 0x3f) return 0;
  }
  return 0;
}

/** How many bytes are missing of the UTF-8 character inside of which `bytes` stops. @param before of the one it begins in */
function missingBytes(bytes: Uint8Array, before: number): number {
  const looked = Math.min(3, bytes.length);
  for (let back = 1; back <= looked; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return Math.max(0, (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) - back);
  }
  // Nothing but the middle of a character: a program may write it byte by byte.
  return Math.max(0, before - bytes.length);
}
