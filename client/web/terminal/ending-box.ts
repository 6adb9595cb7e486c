// What stands over a terminal that is over: how it ended, and the ways on.
/// <reference lib="dom" />
import { button, el } from "../elements.js";
import type { LinkState } from "../link/shell-link.js";

export class EndingBox {
  readonly element = el("div", { class: "ending", attrs: { role: "alert" } });
  readonly #again: () => void;

  /** @param again attaches once more. */
  constructor(again: () => void) {
    this.#again = again;
    this.element.hidden = true;
  }

  /** @param hasList whether there is a list to go back to. */
  show(state: LinkState, hasList: boolean): void {
    const isOver = state.kind === "over";
    if (this.element.hidden === !isOver) return;
    this.element.hidden = !isOver;
    if (!isOver) return;
    const { ending } = state;
    this.element.dataset["tone"] = ending.tone;
    const again = ending.again ? button("Attach again", this.#again, "button primary") : undefined;
    const list = hasList
      ? el("a", { class: "button", text: "All shells", attrs: { href: "#/" } })
      : undefined;
    const texts = el("div", {}, el("strong", { text: ending.title }), el("span", { text: ending.text }));
    this.element.replaceChildren(texts, el("div", { class: "actions" }, list, again));
  }
}
