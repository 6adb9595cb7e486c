// The bar above a terminal: the way back, which shell this is, what it says of itself, search and menu.
/// <reference lib="dom" />
import { printable } from "../../../shared/names.js";
import type { ShellInfo } from "../../../shared/rpc.js";
import { el, icon, iconButton, setText } from "../elements.js";
import { isPhone } from "../phone.js";
import { FullScreen } from "./full-screen.js";

export interface ShellBarActions {
  search(): void;
  menu(): void;
  /** The terminal should have the keyboard. */
  focus(): void;
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

  readonly #full = iconButton("full", "", () => void this.#fullScreen.toggle());
  readonly #fullScreen: FullScreen;

  constructor(name: string, actions: ShellBarActions) {
    this.#fullScreen = new FullScreen(() => {
      this.#showFullScreen();
      actions.focus();
    });
    this.#full.hidden = !FullScreen.isPossible || isPhone();
    this.#showFullScreen();
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
      this.#full,
      iconButton("search", "Search (Ctrl+Shift+F)", () => actions.search()),
      iconButton("more", "More", () => actions.menu()),
    );
  }

  dispose(): void {
    this.#fullScreen.dispose();
  }

  #showFullScreen(): void {
    const label = this.#fullScreen.isOn ? "Leave full screen" : "Full screen";
    this.#full.title = label;
    this.#full.setAttribute("aria-label", label);
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
