// A modifier of the key row: pressed once it holds for the next key, pressed twice until it is pressed again.

export type StickyState = "off" | "once" | "locked";

export class StickyKey {
  readonly #changed: (state: StickyState) => void;
  readonly #modify: (data: string) => string;
  #state: StickyState = "off";

  /** @param modify what a terminal sends for this modifier and the key that sends `data`. */
  constructor(modify: (data: string) => string, changed: (state: StickyState) => void) {
    this.#modify = modify;
    this.#changed = changed;
  }

  get state(): StickyState {
    return this.#state;
  }

  press(): void {
    this.#set(this.#state === "off" ? "once" : this.#state === "once" ? "locked" : "off");
  }

  /** `data` as it is typed while this holds. */
  apply(data: string): string {
    if (this.#state === "off") return data;
    const result = this.#modify(data);
    if (this.#state === "once") this.#set("off");
    return result;
  }

  #set(state: StickyState): void {
    this.#state = state;
    this.#changed(state);
  }
}

/** `c` becomes Ctrl-C, an arrow Ctrl-arrow; unchanged where Ctrl means nothing. */
export function withCtrl(data: string): string {
  if (data === " ") return "\u0000";
  if (data === "?") return "\u007f";
  if (data === "/" || data === "-") return "\u001f";
  // @ A..Z [ \ ] ^ _ and the small letters.
  if (/^[@-_a-z]$/.test(data)) return String.fromCharCode(data.toUpperCase().charCodeAt(0) & 0x1f);
  return withModifier(data, 4);
}

/** An escape before a character, also before one that has Ctrl already; an arrow becomes Alt-arrow. */
export function withAlt(data: string): string {
  const changed = withModifier(data, 2);
  return changed === data && [...data].length === 1 ? `\u001b${data}` : changed;
}

/** @param bit of xterm's modifier number, which is one more than the sum of the bits: 2 Alt, 4 Ctrl. */
function withModifier(data: string, bit: number): string {
  const key = /^\u001b(?:\[|O)(?:(\d+)(?:;(\d+))?)?([ABCDHF~])$/.exec(data);
  if (key === null) return data;
  const [, number = "1", before = "1", letter] = key;
  return `\u001b[${number};${((Number(before) - 1) | bit) + 1}${letter}`;
}
