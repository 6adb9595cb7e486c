// How the parts of a shell's page lie: a bar, the terminal with what stands over it, and what is below.
/// <reference lib="dom" />
import { el } from "../elements.js";

export interface ShellPageParts {
  readonly bar: HTMLElement;
  /** The terminal first; the others lie over it. */
  readonly screen: readonly HTMLElement[];
  readonly below: readonly HTMLElement[];
}

export function shellPage({ bar, screen, below }: ShellPageParts): HTMLElement {
  const main = { id: "content", tabindex: "-1", "aria-label": "Terminal" };
  return el("div", { class: "shell-page" }, bar, el("main", { attrs: main }, ...screen), ...below);
}
