// Looks for text in the terminal's screen and scrollback.
/// <reference lib="dom" />
import type { ISearchOptions, SearchAddon } from "@xterm/addon-search";
import { el, iconButton, setText } from "../elements.js";
import type { Preferences } from "../preferences.js";
import { matchColors, type Shade } from "../themes.js";

function optionsOf(shade: Shade): ISearchOptions {
  const { background, ruler } = matchColors[shade];
  return {
    decorations: {
      matchBackground: background,
      matchOverviewRuler: ruler,
      activeMatchColorOverviewRuler: "#ffb000",
    },
  };
}

export class SearchBar {
  readonly element: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #search: SearchAddon;
  readonly #preferences: Preferences;
  readonly #onClose: () => void;

  /** @param onClose the terminal should have the keyboard again. */
  constructor(search: SearchAddon, preferences: Preferences, onClose: () => void) {
    this.#preferences = preferences;
    this.#search = search;
    this.#onClose = onClose;
    this.#input = el("input", {
      attrs: { type: "text", "aria-label": "Search in the terminal", placeholder: "Search" },
    });
    const count = el("span", { class: "count", attrs: { role: "status" } });
    search.onDidChangeResults(({ resultIndex, resultCount }) => {
      if (this.#input.value === "") setText(count, "");
      else setText(count, resultCount === 0 ? "no match" : `${resultIndex + 1} of ${resultCount}`);
    });
    this.element = el(
      "div",
      { class: "search", attrs: { role: "search" } },
      this.#input,
      count,
      iconButton("up", "Previous match", () => this.#find("previous")),
      iconButton("down", "Next match", () => this.#find("next")),
      iconButton("close", "Close the search", () => this.close()),
    );
    this.element.hidden = true;
    this.#input.autocomplete = "off";
    this.#input.spellcheck = false;
    this.#input.addEventListener("input", () => this.#find("same"));
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      else if (event.key === "Enter" && event.target === this.#input)
        this.#find(event.shiftKey ? "next" : "previous");
      else return;
      event.preventDefault();
    });
  }

  open(): void {
    this.element.hidden = false;
    this.#input.focus();
    this.#input.select();
  }

  close(): void {
    this.element.hidden = true;
    this.#search.clearDecorations();
    this.#onClose();
  }

  /** New text is looked for from the end: what was printed last is what people look for. */
  #find(where: "next" | "previous" | "same"): void {
    const text = this.#input.value;
    const options = optionsOf(this.#preferences.shade);
    if (text === "") this.#search.clearDecorations();
    else if (where === "next") this.#search.findNext(text, options);
    else this.#search.findPrevious(text, { ...options, incremental: where === "same" });
  }
}
