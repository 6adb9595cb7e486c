// The list of shells: what there is, how it does, and the way into each; all of it by keys too.
/// <reference lib="dom" />
import type { ShellInfo } from "../../../shared/rpc.js";
import { commandWords } from "../command-words.js";
import { errorText } from "../dialogs.js";
import { button, el, icon, iconButton, setText } from "../elements.js";
import { showKeyList } from "../keys/key-list.js";
import type { Directory } from "../link/directory.js";
import type { Preferences } from "../preferences.js";
import { routeHash } from "../route.js";
import { createShell, killShell, mayManage, renameShell } from "../shell-actions.js";
import type { TabFace } from "../tab-face.js";
import { type ListKeyActions, listKey } from "./list-keys.js";
import type { ListMemory } from "./list-memory.js";
import { Previews } from "./previews.js";
import { ShellCard } from "./shell-card.js";
import { toneOf, visibleShells } from "./shell-order.js";

export interface ListViewOptions {
  readonly directory: Directory;
  readonly preferences: Preferences;
  readonly memory: ListMemory;
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
  readonly #count = el("span", { class: "count" });
  readonly #readOnlyMark = el("span", { class: "tag" }, icon("lock"), el("span", { text: "read-only" }));
  readonly #new = button("New shell", () => void this.#create(), "button primary");
  readonly #previews: Previews;
  readonly #visible = new Set<Element>();
  readonly #observer: IntersectionObserver;
  readonly #stops: (() => void)[] = [];
  /** The name of a card that should have the keyboard as soon as it is there. */
  #expected: string | undefined;

  constructor(options: ListViewOptions) {
    this.#options = options;
    const { directory, memory, preferences } = options;
    this.#filter.value = memory.filter;
    this.#previews = new Previews(
      directory,
      memory.previews,
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
      this.#count,
      this.#readOnlyMark,
      el("span", { class: "spacer" }),
      this.#filter,
      this.#new,
      iconButton("help", "Keys (?)", () => void showKeyList()),
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
    const { from = "" } = this.#options.memory;
    (this.#cards.get(from)?.link ?? this.#links()[0] ?? this.#new).focus();
  }

  #show(): void {
    const { directory, face, memory } = this.#options;
    memory.filter = this.#filter.value;
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
    this.#readOnlyMark.hidden = directory.state.kind === "connecting" || !directory.scope.readOnly;
    const all = directory.shells.size;
    setText(this.#count, shells.length === all ? count(all) : `${shells.length} of ${count(all)}`);
    this.#count.hidden = all === 0;
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
      card = new ShellCard(shell, {
        rename: manage ? (name) => void this.#rename(name) : undefined,
        kill: manage ? (name) => this.#kill(name) : undefined,
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
    if (this.#empty.hidden) return;
    const key = `${known > 0} ${this.#new.hidden}`;
    if (this.#empty.dataset["key"] === key) return;
    this.#empty.dataset["key"] = key;
    const title = known > 0 ? "Nothing matches" : "No shells yet";
    const text =
      known > 0
        ? "Esc clears the filter."
        : this.#new.hidden
          ? "They appear here as soon as there are some."
          : "Make one here, or with agentd new NAME in a terminal.";
    const make = button("New shell", () => void this.#create(), "button primary");
    make.hidden = known > 0 || this.#new.hidden;
    this.#empty.replaceChildren(el("h2", { text: title }), el("p", {}, ...commandWords(text)), make);
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
    else if (state.kind === "waiting") {
      const whose = mayManage(directory) ? "your shells" : "the shells";
      setText(this.#status, `${state.why ?? "agentd does not answer"} · trying again · ${whose} live on`);
    } else if (state.kind === "live") setText(this.#status, "");
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

  #kill(name: string): void {
    killShell(this.#options.directory, name).catch((error: unknown) =>
      setText(this.#status, errorText(error)),
    );
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

  get #keys(): ListKeyActions {
    const nameOf = ({ textContent }: HTMLAnchorElement) => textContent ?? "";
    const manage = mayManage(this.#options.directory);
    return {
      links: () => this.#links(),
      columns: () => getComputedStyle(this.#list).gridTemplateColumns.split(" ").length,
      filter: () => this.#filter.focus(),
      clearFilter: () => {
        this.#filter.value = "";
        this.#show();
        this.#links()[0]?.focus();
      },
      create: manage ? () => void this.#create() : undefined,
      rename: manage ? (link) => void this.#rename(nameOf(link)) : undefined,
      kill: manage ? (link) => this.#kill(nameOf(link)) : undefined,
      help: () => void showKeyList(),
    };
  }

  #handleKey(event: KeyboardEvent): void {
    const { altKey, ctrlKey, key, metaKey, target } = event;
    if (altKey || ctrlKey || metaKey || document.querySelector("dialog[open]") !== null) return;
    if (target === this.#filter && key === "Enter") this.#links()[0]?.click();
    else if (target === this.#filter && key !== "Escape" && key !== "ArrowDown") return;
    else if (!listKey(key, target, this.#keys)) return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function count(shells: number): string {
  return `${shells} ${shells === 1 ? "shell" : "shells"}`;
}
