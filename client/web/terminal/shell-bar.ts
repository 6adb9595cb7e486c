// The bar above a terminal: the way back, which shell this is, what it says of itself, search and menu.
/// <reference lib="dom" />
import { printable } from "../../../shared/names.js";
import type { ShellInfo } from "../../../shared/rpc.js";
import { el, icon, iconButton, setText } from "../elements.js";

export interface ShellBarActions {
  search(): void;
  menu(): void;
}

export class ShellBar {
  readonly element: HTMLElement;
  readonly #back = el(
    "a",
    { class: "back", attrs: { href: "#/", "aria-label": "All shells" } },
    icon("back"),
  );
  readonly #heading: HTMLHeadingElement;
  readonly #title = el("span", { class: "title" });
  readonly #readOnlyMark = el("span", { class: "tag" }, icon("lock"), el("span", { text: "read-only" }));

  constructor(name: string, actions: ShellBarActions) {
    this.#heading = el("h1", { text: name });
    this.#readOnlyMark.hidden = true;
    this.element = el(
      "header",
      { class: "bar" },
      this.#back,
      this.#heading,
      this.#title,
      this.#readOnlyMark,
      el("span", { class: "spacer" }),
      iconButton("search", "Search (Ctrl+Shift+F)", () => actions.search()),
      iconButton("more", "More", () => actions.menu()),
    );
  }

  /** To the list. */
  leave(): void {
    this.#back.click();
  }

  show({ cwd, name, title }: ShellInfo): void {
    setText(this.#heading, name);
    // Where there is no room for all of it.
    this.#heading.title = name;
    setText(this.#title, printable(title ?? cwd ?? "", 120));
  }

  /** @param hasList whether this link may see it. */
  showRights(hasList: boolean, readOnly: boolean): void {
    this.#back.hidden = !hasList;
    this.#readOnlyMark.hidden = !readOnly;
  }
}
