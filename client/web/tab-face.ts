// What the tab shows of itself from outside: its title and its icon.
/// <reference lib="dom" />

export type TabState = "running" | "attention" | "ended" | "lost";

const ICONS: Record<TabState, string> = {
  running: "favicon.svg",
  attention: "favicon-attention.svg",
  ended: "favicon-ended.svg",
  lost: "favicon-lost.svg",
};
const MARKS: Record<TabState, string> = { running: "", attention: "● ", ended: "✕ ", lost: "… " };

/** Invariant: attention lasts until the tab is looked at; nothing that is over asks for it. */
export class TabFace {
  readonly #look = () => this.#draw();
  #state: Exclude<TabState, "attention"> = "running";
  #wanted = false;
  #text = "agentd";

  start(): void {
    document.addEventListener("visibilitychange", this.#look);
  }

  /** Back to the plain face. */
  stop(): void {
    document.removeEventListener("visibilitychange", this.#look);
    this.#wanted = false;
    this.show("agentd", "running");
  }

  show(text: string, state: Exclude<TabState, "attention">): void {
    this.#text = text;
    this.#state = state;
    this.#draw();
  }

  /** Something happened that its person may want to see; nothing when they are looking. */
  wantAttention(): void {
    if (document.visibilityState === "visible") return;
    this.#wanted = true;
    this.#draw();
  }

  #draw(): void {
    if (document.visibilityState === "visible") this.#wanted = false;
    const state = this.#wanted && this.#state === "running" ? "attention" : this.#state;
    const title = `${MARKS[state]}${this.#text}`;
    if (document.title !== title) document.title = title;
    const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    const href = `/assets/${ICONS[state]}`;
    if (link !== null && link.getAttribute("href") !== href) link.setAttribute("href", href);
  }
}
