// The keys that a phone's keyboard has not: above it, in one row.
/// <reference lib="dom" />
import { el } from "./elements.js";
import { StickyCtrl } from "./sticky-ctrl.js";

/** Label, what a screen reader says, what is typed; arrows depend on the terminal's mode. */
const KEYS: readonly (readonly [label: string, name: string, data: string])[] = [
  ["Esc", "Escape", "\u001b"],
  ["Tab", "Tab", "\t"],
  ["^C", "Control C", "\u0003"],
  ["←", "Left", "\u001b[D"],
  ["↑", "Up", "\u001b[A"],
  ["↓", "Down", "\u001b[B"],
  ["→", "Right", "\u001b[C"],
  ["|", "Pipe", "|"],
  ["/", "Slash", "/"],
  ["-", "Minus", "-"],
  ["~", "Tilde", "~"],
];

export interface KeyRowOptions {
  type(data: string): void;
  /** Whether arrows are sent as `ESC O A` (application cursor keys). */
  applicationArrows(): boolean;
}

export class KeyRow {
  readonly element: HTMLElement;
  readonly ctrl: StickyCtrl;

  constructor(options: KeyRowOptions) {
    const ctrlKey = key("Ctrl", "Control, holds for the next key", () => this.ctrl.press());
    ctrlKey.setAttribute("aria-pressed", "false");
    this.ctrl = new StickyCtrl((state) => {
      ctrlKey.setAttribute("aria-pressed", String(state !== "off"));
      ctrlKey.classList.toggle("locked", state === "locked");
    });
    const keys = KEYS.map(([label, name, data]) =>
      key(label, name, () => {
        const sent = options.applicationArrows() ? data.replace(/^\u001b\[([A-D])$/, "\u001bO$1") : data;
        options.type(this.ctrl.apply(sent));
      }),
    );
    keys.splice(2, 0, ctrlKey);
    this.element = el("div", { class: "keys", attrs: { role: "toolbar", "aria-label": "Keys" } }, ...keys);
  }
}

function key(label: string, name: string, press: () => void): HTMLButtonElement {
  const element = el("button", { text: label, attrs: { type: "button", "aria-label": name } });
  // The terminal keeps the focus, so that the phone's keyboard stays.
  element.addEventListener("pointerdown", (event) => event.preventDefault());
  element.addEventListener("click", press);
  return element;
}
