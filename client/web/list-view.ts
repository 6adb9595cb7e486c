// The list of shells: what there is, how it does, and the way into each; all of it by keys too.
/// <reference lib="dom" />
import type { ShellInfo } from "../../shared/rpc.js";
import { errorText } from "./dialogs.js";
import type { Directory } from "./directory.js";
import { button, el, icon, iconButton, setText } from "./elements.js";
import type { Preferences } from "./preferences.js";
import { Previews } from "./previews.js";
import { routeHash } from "./route.js";
import { createShell, killShell, mayManage, renameShell } from "./shell-actions.js";
import { ShellCard } from "./shell-card.js";
import { toneOf, visibleShells } from "./shell-order.js";
import type { TabFace } from "./tab-face.js";

export interface ListViewOptions {
  readonly directory: Directory;
  readonly preferences: Preferences;
  readonly face: TabFace;
}

export class ListView {
  readonly element: HTMLElement;
  readonly #options: ListViewOptions;
  readonly #list = el("ul", { class: "cards" });
  readonly #cards = new Map<string, ShellCard>();
  readonly #filter = el("input", {
    attrs: { type: "search", placeholder: "Filter", "aria-label": "Filter shells", "aria-keyshortcuts": "/" },
  });
  readonly #status = el("p", { class: "list-status", attrs: { role: "status", "aria-live": "polite" } });
  readonly #empty = el("div", { class: "empty" });
  readonly #new = button("New shell", () => void this.#create(), "button primary");
  readonly #previews: Previews;
  readonly #visible = new Set<Element>();
  readonly #observer: IntersectionObserver;
  readonly #stops: (() => void)[] = [];
  /** The name of a card that should have the keyboard as soon as it is there. */
  #expected: string | undefined;

  constructor(options: ListViewOptions) {
    this.#options = options;
    const { directory, preferences } = options;
    this.#previews = new Previews(
      directory,
      () => this.#previewed(),
      (name) => this.#showPreview(name),
    );
    this.#observer = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries)
        isIntersecting ? this.#visible.add(target) : this.#visible.delete(target);
      this.#previews.hurry();
    });
    this.#new.prepend(icon("plus"));
    this.#new.setAttribute("aria-keyshortcuts", "n");
    const theme = iconButton("theme", "Light or dark", () => preferences.toggleShade());
    const bar = el(
      "header",
      { class: "bar list-bar" },
      el("h1", { text: "agentd" }),
      this.#filter,
      this.#new,
      theme,
    );
    const main = el(
      "main",
      { attrs: { id: "content", tabindex: "-1" } },
      this.#status,
      this.#list,
      this.#empty,
    );
    this.element = el("div", { class: "list-page" }, bar, main);
    this.#filter.addEventListener("input", () => this.#show());
    this.element.addEventListener("keydown", (event) => this.#handleKey(event));
  }

  start(): void {
    const { directory, preferences } = this.#options;
    this.#stops.push(directory.listen(() => this.#show()));
    this.#stops.push(preferences.listen(() => this.#show()));
    const clock = setInterval(() => this.#tick(), 1000);
    const onKey = (event: KeyboardEvent) => {
      if (document.activeElement === document.body) this.#handleKey(event);
    };
    document.addEventListener("keydown", onKey);
    this.#stops.push(
      () => clearInterval(clock),
      () => document.removeEventListener("keydown", onKey),
    );
    this.#previews.start();
    this.#show();
  }

  dispose(): void {
    this.#previews.stop();
    this.#observer.disconnect();
    for (const stop of this.#stops) stop();
  }

  focus(): void {
    (this.#links()[0] ?? this.#new).focus();
  }

  #show(): void {
    const { directory, face } = this.#options;
    const shells = visibleShells(directory.shells.values(), this.#filter.value);
    const names = new Set(shells.map(({ name }) => name));
    for (const [name, card] of this.#cards) if (!names.has(name)) this.#remove(name, card);
    shells.forEach((shell, index) => {
      const { element } = this.#cardOf(shell);
      // Only what has moved: a card that is put in again would lose the focus.
      if (this.#list.children[index] !== element)
        this.#list.insertBefore(element, this.#list.children[index] ?? null);
    });
    this.#focusExpected();
    this.#new.hidden = !mayManage(directory);
    this.#showEmpty(shells.length);
    this.#tick();
    const { state } = directory;
    face.show(`agentd · ${count(directory.shells.size)}`, state.kind === "waiting" ? "lost" : "running");
  }

  #cardOf(shell: ShellInfo): ShellCard {
    const { directory, preferences } = this.#options;
    let card = this.#cards.get(shell.name);
    if (card === undefined) {
      const manage = mayManage(directory);
      const complain = (error: unknown) => setText(this.#status, errorText(error));
      card = new ShellCard(shell, {
        rename: manage ? (name) => void this.#rename(name) : undefined,
        kill: manage ? (name) => void killShell(directory, name).catch(complain) : undefined,
      });
      this.#cards.set(shell.name, card);
      this.#observer.observe(card.element);
    } else card.show(shell);
    card.showPreview(this.#previews.get(shell.name), preferences.shade);
    return card;
  }

  /** The keyboard goes on with a neighbour when its card leaves. */
  #remove(name: string, card: ShellCard): void {
    const index = this.#links().indexOf(card.link);
    const focused = card.element.contains(document.activeElement);
    this.#observer.unobserve(card.element);
    this.#visible.delete(card.element);
    this.#cards.delete(name);
    card.element.remove();
    if (focused) (this.#links()[Math.max(0, index - 1)] ?? this.#new).focus();
  }

  #showEmpty(shown: number): void {
    const { directory } = this.#options;
    const { state } = directory;
    const known = directory.shells.size;
    this.#empty.hidden = shown > 0 || state.kind === "connecting";
    const [title, text] =
      known > 0
        ? ["Nothing matches", "Esc clears the filter."]
        : ["No shells yet", "Make one here, or with agentd new NAME in a terminal."];
    this.#empty.replaceChildren(el("h2", { text: title }), el("p", { text }));
  }

  #tick(): void {
    const { directory } = this.#options;
    const { state } = directory;
    const now = Date.now();
    for (const [name, card] of this.#cards) {
      const shell = directory.shells.get(name);
      if (shell !== undefined) card.showQuiet(shell, this.#previews.get(name), now);
    }
    this.element.dataset["link"] = state.kind;
    if (state.kind === "connecting") setText(this.#status, "connecting");
    else if (state.kind === "waiting")
      setText(this.#status, `${state.why ?? "agentd does not answer"} · trying again · your shells live on`);
    else if (state.kind === "live") setText(this.#status, "");
  }

  #showPreview(name: string): void {
    this.#cards.get(name)?.showPreview(this.#previews.get(name), this.#options.preferences.shade);
  }

  #previewed(): string[] {
    const { shells } = this.#options.directory;
    return [...this.#cards.values()]
      .filter(({ element, name }) => {
        const shell = shells.get(name);
        if (!this.#visible.has(element) || shell === undefined) return false;
        // What is over has shown its last: once is enough.
        return toneOf(shell) !== "over" || this.#previews.get(name) === undefined;
      })
      .map(({ name }) => name);
  }

  /** The keyboard goes on at the card that its shell has under the new name, whichever comes first: that card or the answer. */
  async #rename(name: string): Promise<void> {
    await renameShell(this.#options.directory, name, (to) => {
      this.#expected = to;
    });
    this.#focusExpected();
  }

  #focusExpected(): void {
    const card = this.#expected === undefined ? undefined : this.#cards.get(this.#expected);
    if (card === undefined || document.querySelector("dialog[open]") !== null) return;
    this.#expected = undefined;
    card.link.focus();
  }

  async #create(): Promise<void> {
    const name = await createShell(this.#options.directory);
    if (name !== undefined) location.hash = routeHash({ view: "shell", name });
  }

  #links(): HTMLAnchorElement[] {
    return [...this.#list.querySelectorAll<HTMLAnchorElement>("a.name")];
  }

  #handleKey(event: KeyboardEvent): void {
    const { altKey, ctrlKey, key, metaKey, target } = event;
    if (altKey || ctrlKey || metaKey || document.querySelector("dialog[open]") !== null) return;
    if (target === this.#filter && !["Escape", "ArrowDown", "Enter"].includes(key)) return;
    if (!this.#act(key, target)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** False: the key is the browser's. */
  #act(key: string, target: EventTarget | null): boolean {
    const links = this.#links();
    const at = links.indexOf(target as HTMLAnchorElement);
    switch (key) {
      case "/":
        this.#filter.focus();
        return true;
      case "Escape":
        this.#filter.value = "";
        this.#show();
        links[0]?.focus();
        return true;
      case "Enter":
        if (target !== this.#filter) return false;
        links[0]?.click();
        return true;
      case "n":
        if (this.#new.hidden) return false;
        void this.#create();
        return true;
      default:
        return this.#move(key, links, at);
    }
  }

  /** Arrows, Home and End go from shell to shell; up and down by rows of the grid. */
  #move(key: string, links: readonly HTMLAnchorElement[], at: number): boolean {
    const columns = getComputedStyle(this.#list).gridTemplateColumns.split(" ").length;
    const steps: Record<string, number> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: columns,
      ArrowUp: -columns,
    };
    const step = steps[key];
    const to =
      key === "Home"
        ? 0
        : key === "End"
          ? links.length - 1
          : step === undefined
            ? undefined
            : at === -1
              ? 0
              : at + step;
    if (to === undefined) return false;
    links[to]?.focus();
    return links.length > 0;
  }
}

function count(shells: number): string {
  return `${shells} ${shells === 1 ? "shell" : "shells"}`;
}
