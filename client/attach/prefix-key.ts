// Finds the prefix key and its commands in the bytes of a keyboard; everything else is text for the shell.
import { PrefixMatcher, readSequence } from "./key-sequence.js";

export type KeyCommand = "detach" | "leave" | "help" | "redraw" | "switch" | "take";

export type KeyEvent =
  | { readonly kind: "text"; readonly bytes: Uint8Array }
  | { readonly kind: "command"; readonly command: KeyCommand };

const commands: Readonly<Record<string, KeyCommand>> = {
  d: "detach",
  ".": "leave",
  "?": "help",
  r: "redraw",
  s: "switch",
  t: "take",
};

const ESC = 0x1b;
const EMPTY = new Uint8Array(0);

/** A terminal sends a sequence in one go: what is still unfinished after this was typed (Escape, Alt-[). */
const ESCAPE_WAIT_MS = 15;
const SEQUENCE_WAIT_MS = 100;
/** `keys = "agentcore"`: how long a lone prefix waits for a second key (cli.md). */
const LONE_PREFIX_MS = 500;

/** `CSI 201 ~`: the end of a bracketed paste. */
const PASTE_END = [ESC, 0x5b, 0x32, 0x30, 0x31, 0x7e];

export interface PrefixKeyOptions {
  /** The prefix as a control byte (0x1d for `Ctrl-]`), or undefined for none. */
  readonly prefix: number | undefined;
  /** A lone prefix detaches after a while, as with `agentcore exec`. */
  readonly loneDetaches?: boolean;
}

/**
 * A state machine over bytes that may be cut anywhere.
 *
 * Invariants:
 * 1. Bytes that are not a prefix key or the key behind it come out as text, all of them, in order.
 * 2. Only an unfinished escape sequence is held back; `waitMs` says for how long, the caller has the clock.
 * 3. Inside a bracketed paste everything is text, and nothing is held back.
 */
export class PrefixKey {
  readonly #matcher: PrefixMatcher | undefined;
  readonly #loneDetaches: boolean;
  /** The start of an escape sequence whose rest has not arrived. */
  #held: Uint8Array = EMPTY;
  /** The prefix was pressed; the next key is a command. */
  #armed = false;
  /** The rest of a UTF-8 character whose start was taken as the key behind the prefix belongs to it. */
  #swallow = false;
  /** Inside a bracketed paste: how many bytes of its end marker have matched. */
  #pasteEnd: number | undefined;

  constructor({ prefix, loneDetaches = false }: PrefixKeyOptions) {
    this.#matcher = prefix === undefined ? undefined : new PrefixMatcher(prefix);
    this.#loneDetaches = loneDetaches;
  }

  /** How long to wait for more bytes before calling `timeout`; undefined: for ever. */
  get waitMs(): number | undefined {
    if (this.#held.length > 0) return this.#held.length === 1 ? ESCAPE_WAIT_MS : SEQUENCE_WAIT_MS;
    return this.#armed && this.#loneDetaches ? LONE_PREFIX_MS : undefined;
  }

  push(chunk: Uint8Array): KeyEvent[] {
    if (this.#matcher === undefined) return chunk.length === 0 ? [] : [{ kind: "text", bytes: chunk }];
    const bytes = this.#held.length === 0 ? chunk : joined(this.#held, chunk);
    this.#held = EMPTY;
    return this.#scan(bytes, this.#matcher);
  }

  /** Nothing more came: what was held is a key of its own, and a lone prefix may mean detach. */
  timeout(): KeyEvent[] {
    const held = this.#held;
    this.#held = EMPTY;
    if (held.length > 0) {
      const armed = this.#armed;
      this.#armed = false;
      // Escape behind the prefix takes the prefix back.
      return armed ? [] : [{ kind: "text", bytes: held }];
    }
    if (!this.#armed || !this.#loneDetaches) return [];
    this.#armed = false;
    return [{ kind: "command", command: "detach" }];
  }

  #scan(bytes: Uint8Array, matcher: PrefixMatcher): KeyEvent[] {
    const events: KeyEvent[] = [];
    /** `bytes[from..at)` is text that was not handed over yet. */
    let from = 0;
    let at = 0;
    const flush = (end: number) => {
      if (end > from) events.push({ kind: "text", bytes: bytes.subarray(from, end) });
    };
    const drop = (next: number) => {
      flush(at);
      at = next;
      from = next;
    };

    while (at < bytes.length) {
      const byte = bytes[at] as number;
      if (this.#swallow) {
        if ((byte & 0xc0) === 0x80) {
          drop(at + 1);
          continue;
        }
        this.#swallow = false;
      }
      if (this.#pasteEnd !== undefined) {
        at = this.#skipPaste(bytes, at);
      } else if (byte === ESC) {
        const sequence = readSequence(bytes, at);
        if (sequence === undefined) {
          flush(at);
          this.#held = bytes.slice(at);
          return events;
        }
        const next = at + sequence.length;
        const meaning = matcher.meaning(sequence);
        if (meaning === "paste") {
          this.#pasteEnd = 0;
          this.#armed = false;
          at = next;
        } else if (meaning === "prefix") {
          if (this.#armed) at = next;
          else drop(next);
          this.#armed = !this.#armed;
        } else if (meaning === "prefix-release") {
          drop(next);
        } else if (!this.#armed || meaning === "report") {
          at = next;
        } else {
          drop(next);
          if (meaning === "silent") continue;
          this.#armed = false;
          if (typeof meaning === "object") this.#command(meaning.key, events);
        }
      } else if (byte === matcher.byte) {
        if (this.#armed) at++;
        else drop(at + 1);
        this.#armed = !this.#armed;
      } else if (this.#armed) {
        drop(at + 1);
        this.#armed = false;
        this.#swallow = byte >= 0xc0;
        this.#command(String.fromCharCode(byte), events);
      } else {
        at = nextSpecial(bytes, at + 1, matcher.byte);
      }
    }
    flush(bytes.length);
    return events;
  }

  #command(key: string, events: KeyEvent[]): void {
    const command = Object.hasOwn(commands, key) ? commands[key] : undefined;
    if (command !== undefined) events.push({ kind: "command", command });
  }

  /** Where the paste ends, or the end of `bytes`. */
  #skipPaste(bytes: Uint8Array, start: number): number {
    let matched = this.#pasteEnd ?? 0;
    let at = start;
    while (at < bytes.length) {
      if (matched === 0) {
        at = bytes.indexOf(ESC, at);
        if (at === -1) {
          at = bytes.length;
          break;
        }
      }
      const byte = bytes[at++];
      matched = byte === PASTE_END[matched] ? matched + 1 : byte === ESC ? 1 : 0;
      if (matched === PASTE_END.length) {
        this.#pasteEnd = undefined;
        return at;
      }
    }
    this.#pasteEnd = matched;
    return at;
  }
}

function nextSpecial(bytes: Uint8Array, from: number, prefix: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== ESC && bytes[at] !== prefix) at++;
  return at;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
