// The Ctrl key of the key row: pressed once it holds for the next key, pressed twice until it is pressed again.

export type CtrlState = "off" | "once" | "locked";

export class StickyCtrl {
  readonly #changed: (state: CtrlState) => void;
  #state: CtrlState = "off";

  constructor(changed: (state: CtrlState) => void) {
    this.#changed = changed;
  }

  get state(): CtrlState {
    return this.#state;
  }

  press(): void {
    this.#set(this.#state === "off" ? "once" : this.#state === "once" ? "locked" : "off");
  }

  /** `data` as it is typed while this holds: `c` becomes Ctrl-C, an arrow Ctrl-arrow. */
  apply(data: string): string {
    if (this.#state === "off") return data;
    const result = withCtrl(data);
    if (this.#state === "once") this.#set("off");
    return result;
  }

  #set(state: CtrlState): void {
    this.#state = state;
    this.#changed(state);
  }
}

/** What a terminal sends for Ctrl and the key that sends `data`; unchanged where Ctrl means nothing. */
export function withCtrl(data: string): string {
  if (data === " ") return "\u0000";
  if (data === "?") return "\u007f";
  if (data === "/" || data === "-") return "\u001f";
  const arrow = /^\u001b[[O]([ABCDHF])$/.exec(data);
  if (arrow) return `\u001b[1;5${arrow[1]}`;
  // @ A..Z [ \ ] ^ _ and the small letters.
  return /^[@-_a-z]$/.test(data) ? String.fromCharCode(data.toUpperCase().charCodeAt(0) & 0x1f) : data;
}
