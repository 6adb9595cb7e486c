// The page: takes the key out of the address, goes through the door, and shows what the address names.
/// <reference lib="dom" />
import { commandWords } from "./command-words.js";
import { button, el } from "./elements.js";
import { Directory } from "./link/directory.js";
import { type Closed, Door, DoorClosed, doorText } from "./link/door.js";
import { newListMemory } from "./list/list-memory.js";
import { ListView } from "./list/list-view.js";
import { Preferences } from "./preferences.js";
import { parseRoute, type Route, routeHash, takeKey } from "./route.js";
import { TabFace } from "./tab-face.js";
import { TerminalView } from "./terminal/terminal-view.js";
import { followVisibleHeight } from "./visible-height.js";

const CLIENT = "browser";

interface View {
  readonly element: HTMLElement;
  start(): void;
  dispose(): void;
  focus(): void;
}

/** Invariant: one view at a time, that of the address; a link of one shell shows that shell whatever the address says. */
class Page {
  readonly #root: HTMLElement;
  readonly #door: Door;
  readonly #directory: Directory;
  readonly #preferences = new Preferences();
  readonly #face = new TabFace();
  readonly #memory = newListMemory();
  readonly #left = new AbortController();
  #view: View | undefined;
  #shown = "";
  #isIn = false;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#door = new Door({
      host: location.host,
      fetch: (path, init) => fetch(path, init),
      storage: sessionStorage,
    });
    this.#directory = new Directory(this.#door, CLIENT);
  }

  /** @param key of a printed link; without one the tab's own token is good. */
  async start(key: string | undefined): Promise<void> {
    try {
      if (key !== undefined) await this.#door.enter(key);
      else if (!this.#door.hasToken) throw new DoorClosed("none");
    } catch (error) {
      if (this.#left.signal.aborted) return;
      this.#showClosed(doorText(error instanceof DoorClosed ? error.why : "none"));
      return;
    }
    if (this.#left.signal.aborted) return;
    this.#isIn = true;
    this.#face.start();
    this.#directory.listen(() => this.#handleDirectory());
    const { signal } = this.#left;
    document.addEventListener("visibilitychange", () => this.#wantDirectory(), { signal });
    window.addEventListener("hashchange", () => this.#navigate(), { signal });
    document.addEventListener("click", openBeside, { signal });
    document.addEventListener("auxclick", openBeside, { signal });
    this.#wantDirectory();
    this.#navigate();
  }

  /** Another link is gone through now: nothing of this one is left. */
  stop(): void {
    this.#left.abort();
    this.#directory.want(false);
    this.#view?.dispose();
    this.#view = undefined;
    this.#face.stop();
    for (const dialog of document.querySelectorAll("dialog")) dialog.remove();
  }

  /** A tab that nobody looks at keeps only its shell: sockets are few. */
  #wantDirectory(): void {
    this.#directory.want(document.visibilityState === "visible");
  }

  get #route(): Route {
    const { shell } = this.#directory.scope;
    return shell === undefined ? parseRoute(location.hash) : { view: "shell", name: shell };
  }

  #navigate(): void {
    const { state } = this.#directory;
    if (state.kind === "over") {
      this.#showClosed(state);
      return;
    }
    const route = this.#route;
    const hash = routeHash(route);
    if (location.hash !== hash) history.replaceState(null, "", hash);
    if (this.#view !== undefined && this.#shown === hash) return;
    this.#show(route.view === "list" ? this.#listView() : this.#terminalView(route.name), hash);
  }

  #listView(): View {
    if (this.#view instanceof TerminalView) this.#memory.from = this.#view.name;
    return new ListView({
      directory: this.#directory,
      preferences: this.#preferences,
      memory: this.#memory,
      face: this.#face,
    });
  }

  #terminalView(name: string): View {
    return new TerminalView({
      door: this.#door,
      client: CLIENT,
      name,
      directory: this.#directory,
      preferences: this.#preferences,
      face: this.#face,
      onOver: () => this.#handleDirectory(),
    });
  }

  #show(view: View, hash: string): void {
    const first = this.#view === undefined;
    this.#view?.dispose();
    this.#view = view;
    this.#shown = hash;
    this.#root.replaceChildren(view.element);
    view.start();
    if (!first) view.focus();
  }

  #handleDirectory(): void {
    if (this.#left.signal.aborted) return;
    const { scope, state } = this.#directory;
    if (state.kind === "over") this.#handleOver(state);
    // What a link opens is known only now.
    else if (state.kind === "live" && scope.shell !== undefined && parseRoute(location.hash).view === "list")
      this.#navigate();
  }

  /** The link is over; how its shell ended stays to be read, and is said a moment later by the shell's own connection. */
  #handleOver(closed: Closed): void {
    const view = this.#view;
    const isSaid = view instanceof TerminalView && view.ending?.tone !== "cut";
    if (!isSaid) this.#showClosed(closed);
  }

  #showClosed({ title, text, again: mayHelp }: Closed): void {
    this.#view?.dispose();
    this.#view = undefined;
    this.#face.show(title, "ended");
    const again = button("Try again", () => this.#tryAgain());
    again.hidden = !mayHelp || !this.#door.hasToken;
    const box = el("main", { class: "closed", attrs: { id: "content", tabindex: "-1" } });
    const words = el("p", { attrs: { role: "alert" } }, ...commandWords(text));
    box.append(el("p", { class: "brand", text: "agentd" }), el("h1", { text: title }), words, again);
    this.#root.replaceChildren(box);
  }

  /** Not by loading the page anew: it would come from whoever has the port now. */
  #tryAgain(): void {
    if (!this.#isIn) {
      void this.start(undefined);
      return;
    }
    this.#wantDirectory();
    this.#navigate();
  }
}

/** A tab that a browser opens by itself does not get this one's token; one that the page opens does. */
function openBeside(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const beside =
    event.type === "auxclick" ? event.button === 1 : event.ctrlKey || event.metaKey || event.shiftKey;
  if (link === null || !beside || link.origin !== location.origin) return;
  event.preventDefault();
  window.open(link.href, "_blank");
}

/** The key of the address, if there is one: nobody who looks there, or at the history, finds it any more. */
function keyOfAddress(): string | undefined {
  const entry = takeKey(location.hash);
  if (entry !== undefined) history.replaceState(null, "", entry.rest);
  return entry?.key;
}

// First of all.
const key = keyOfAddress();
followVisibleHeight();
const root = document.getElementById("page");
if (root !== null) {
  let page = new Page(root);
  // A link that is put into the address of an open tab changes only the fragment, which loads nothing by itself; and loading
  // the page anew could bring that of whoever has the port now.
  window.addEventListener("hashchange", (event) => {
    const newKey = keyOfAddress();
    if (newKey === undefined) return;
    event.stopImmediatePropagation();
    page.stop();
    page = new Page(root);
    void page.start(newKey);
  });
  void page.start(key);
}
