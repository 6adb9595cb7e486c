// What this browser remembers of its person: light or dark, the size of letters, the screen reader's mode.
/// <reference lib="dom" />
import type { Shade } from "./themes.js";

export type ShadeChoice = "auto" | Shade;

const MIN_FONT = 8;
const MAX_FONT = 28;

/** Invariant: a browser that forbids storage loses only the memory; every getter has a sound value. */
export class Preferences {
  readonly #listeners = new Set<() => void>();
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");

  constructor() {
    this.#dark.addEventListener("change", () => this.#changed());
    this.#apply();
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get choice(): ShadeChoice {
    const stored = read("theme");
    return stored === "dark" || stored === "light" ? stored : "auto";
  }

  /** What is shown now. */
  get shade(): Shade {
    const { choice } = this;
    if (choice !== "auto") return choice;
    return this.#dark.matches ? "dark" : "light";
  }

  /** Between what the system says and its opposite. */
  toggleShade(): void {
    const wanted = this.shade === "dark" ? "light" : "dark";
    const system = this.#dark.matches ? "dark" : "light";
    write("theme", wanted === system ? "auto" : wanted);
    this.#changed();
  }

  /** CSS pixels. */
  get fontSize(): number {
    const stored = Number(read("font"));
    return stored >= MIN_FONT && stored <= MAX_FONT ? stored : 14;
  }

  changeFontSize(step: 1 | -1): void {
    write("font", String(Math.min(MAX_FONT, Math.max(MIN_FONT, this.fontSize + step))));
    this.#changed();
  }

  get screenReader(): boolean {
    return read("reader") === "on";
  }

  toggleScreenReader(): void {
    write("reader", this.screenReader ? "off" : "on");
    this.#changed();
  }

  #changed(): void {
    this.#apply();
    for (const listener of this.#listeners) listener();
  }

  #apply(): void {
    document.documentElement.dataset["shade"] = this.shade;
  }
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(`agentd.${name}`);
  } catch {
    return null;
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(`agentd.${name}`, value);
  } catch {
    // Storage is full or forbidden: the choice holds for nothing longer than this.
  }
}
