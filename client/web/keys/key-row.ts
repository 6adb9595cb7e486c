// The keys that a phone's keyboard has not: above it, in one row.
/// <reference lib="dom" />
import { el } from "../elements.js";
import { isTerminalAnswer } from "../link/terminal-answer.js";
import { StickyKey, withAlt, withCtrl } from "./sticky-key.js";

/** Label, what a screen reader says, what is typed; arrows depend on the terminal's mode. The first nine fit on a phone. */
const KEYS: readonly (readonly [label: string, name: string, data: string])[] = [
  ["←", "Left", "\u001b[D"],
  ["↑", "Up", "\u001b[A"],
  ["↓", "Down", "\u001b[B"],
  ["→", "Right", "\u001b[C"],
  ["^C", "Control C", "\u0003"],
  ["|", "Pipe", "|"],
  ["/", "Slash", "/"],
  ["-", "Minus", "-"],
  ["~", "Tilde", "~"],
  ["Home", "Home", "\u001b[H"],
  ["End", "End", "\u001b[F"],
  ["PgUp", "Page up", "\u001b[5~"],
  ["PgDn", "Page down", "\u001b[6~"],
];
/** Those that go on while a finger rests on them, after the first of these times, then after every second one. Milliseconds. */
const REPEATS = /^\u001b\[([ABCD]|[56]~)$/;
const FIRST_REPEAT_MS = 400;
const REPEAT_MS = 60;

export interface KeyRowOptions {
  type(data: string): void;
  /** Whether arrows are sent as `ESC O A` (application cursor keys). */
  applicationArrows(): boolean;
}

export class KeyRow {
  readonly element: HTMLElement;
  readonly #ctrl: StickyKey;
  readonly #alt: StickyKey;

  constructor(options: KeyRowOptions) {
    const ctrl = stickyKey("Ctrl", "Control, holds for the next key", withCtrl);
    const alt = stickyKey("Alt", "Alt, holds for the next key", withAlt);
    this.#ctrl = ctrl.sticky;
    this.#alt = alt.sticky;
    const typed = (data: string) => () => {
      const sent = options.applicationArrows() ? data.replace(/^\u001b\[([A-DHF])$/, "\u001bO$1") : data;
      options.type(this.apply(sent));
    };
    this.element = el(
      "div",
      { class: "keys", attrs: { role: "toolbar", "aria-label": "Keys" } },
      key("Esc", "Escape", typed("\u001b")),
      key("Tab", "Tab", typed("\t")),
      ctrl.element,
      alt.element,
      ...KEYS.map(([label, name, data]) => key(label, name, typed(data), REPEATS.test(data))),
    );
  }

  /** What is typed when the terminal gives `data`, with the modifiers that hold; an answer of the terminal's own is not typing. */
  apply(data: string): string {
    return isTerminalAnswer(data) ? data : this.#alt.apply(this.#ctrl.apply(data));
  }
}

function stickyKey(label: string, name: string, modify: (data: string) => string) {
  const element = key(label, name, () => sticky.press());
  element.setAttribute("aria-pressed", "false");
  const sticky = new StickyKey(modify, (state) => {
    element.setAttribute("aria-pressed", String(state !== "off"));
    element.classList.toggle("locked", state === "locked");
  });
  return { element, sticky };
}

function key(label: string, name: string, press: () => void, repeats = false): HTMLButtonElement {
  const element = el("button", { text: label, attrs: { type: "button", "aria-label": name } });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let repeated = false;
  const repeat = () => {
    // One that has left the page with its terminal stops by itself.
    if (!element.isConnected) return;
    repeated = true;
    press();
    timer = setTimeout(repeat, REPEAT_MS);
  };
  element.addEventListener("pointerdown", (event) => {
    // The terminal keeps the focus, so that the phone's keyboard stays.
    event.preventDefault();
    repeated = false;
    if (repeats) timer = setTimeout(repeat, FIRST_REPEAT_MS);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"])
    element.addEventListener(end, () => clearTimeout(timer));
  element.addEventListener("contextmenu", (event) => event.preventDefault());
  element.addEventListener("click", () => {
    if (!repeated) press();
    repeated = false;
  });
  return element;
}
