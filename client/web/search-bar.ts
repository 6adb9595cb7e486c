// Looks for text in the terminal's screen and scrollback.
/// <reference lib="dom" />
import type { ISearchOptions, SearchAddon } from "@xterm/addon-search";
import { el, iconButton, setText } from "./elements.js";

const OPTIONS: ISearchOptions = {
  decorations: {
    matchBackground: "#7a5c12",
    matchOverviewRuler: "#b8912d",
    activeMatchBackground: "#c98a00",
    activeMatchColorOverviewRuler: "#ffb000",
  },
};

export class SearchBar {
  readonly element: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #search: SearchAddon;
  readonly #onClose: () => void;

  /** @param onClose the terminal should have the keyboard again. */
  constructor(search: SearchAddon, onClose: () => void) {
    this.#search = search;
    this.#onClose = onClose;
    this.#input = el("input", {
      attrs: { type: "search", "aria-label": "Search in the terminal", placeholder: "Search" },
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
    if (text === "") this.#search.clearDecorations();
    else if (where === "next") this.#search.findNext(text, OPTIONS);
    else this.#search.findPrevious(text, { ...OPTIONS, incremental: where === "same" });
  }
}
