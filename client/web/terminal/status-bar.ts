// The line under the terminal: is it connected, what happened, whose size it has, who else is here.
/// <reference lib="dom" />
import { formatBytes } from "../../../shared/measures.js";
import type { AttachedInfo } from "../../../shared/rpc.js";
import { type Size, type SizePolicy, sameSize } from "../../../shared/size.js";
import { button, el, setText } from "../elements.js";
import type { LinkState } from "../link/shell-link.js";
import { clientText, showAttached } from "./attached-list.js";

export interface SizeFacts {
  readonly shell: Size;
  readonly own: Size;
  readonly policy: SizePolicy;
  readonly leads: boolean;
  readonly mirror: boolean;
  readonly readOnly: boolean;
}

/** How long a line of news stands when nothing follows it. */
const NEWS_MS = 8000;

export class StatusBar {
  readonly element: HTMLElement;
  readonly #link = el("span", { class: "link" });
  /** Spoken, and only when the kind of state changes: a countdown would speak every second. */
  readonly #spoken = el("span", { class: "sr-only", attrs: { role: "status", "aria-live": "polite" } });
  readonly #news = el("span", { class: "news", attrs: { role: "log", "aria-live": "polite" } });
  readonly #address = el("span", { class: "address" });
  readonly #size = el("span", { class: "size" });
  readonly #others = button("", () => void this.#showAttached(), "others");
  #attached: readonly AttachedInfo[] = [];
  readonly #onClose: () => void;
  #name = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onClose the terminal should have the keyboard again. */
  constructor(onClose: () => void) {
    this.#onClose = onClose;
    this.#others.hidden = true;
    this.element = el(
      "footer",
      { class: "status" },
      this.#link,
      this.#spoken,
      this.#address,
      this.#news,
      this.#others,
      this.#size,
    );
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  /** @param trouble what the daemon says of its own link to the shell, while that is not in order. */
  showLink(state: LinkState, held: number, trouble: string | undefined, now: number): void {
    const { kind, text, spoken } = linkText(state, held, trouble, now);
    this.#link.dataset["kind"] = kind;
    setText(this.#link, text);
    setText(this.#spoken, spoken);
  }

  /** @param lasting stays until something else is said. */
  say(text: string, lasting = false): void {
    clearTimeout(this.#timer);
    setText(this.#news, text);
    if (!lasting) this.#timer = setTimeout(() => setText(this.#news, ""), NEWS_MS);
  }

  /** The address of the link under the pointer. */
  showAddress(address: string | undefined): void {
    setText(this.#address, address ?? "");
  }

  showSize(facts: SizeFacts): void {
    setText(this.#size, sizeText(facts));
  }

  /** This page is one of `attached`. */
  showOthers(name: string, attached: readonly AttachedInfo[]): void {
    this.#name = name;
    this.#attached = attached;
    const others = attached.length - 1;
    this.#others.hidden = others < 1;
    setText(this.#others, others < 1 ? "" : `${others} ${others === 1 ? "other" : "others"} here`);
    this.#others.title = attached.map(clientText).join("\n");
  }

  async #showAttached(): Promise<void> {
    await showAttached(this.#name, this.#attached);
    this.#onClose();
  }
}

function linkText(state: LinkState, held: number, trouble: string | undefined, now: number) {
  const typed = held === 0 ? "keys are kept" : `${formatBytes(held)} of typing kept, Ctrl-C drops it`;
  switch (state.kind) {
    case "connecting":
      return { kind: "busy", text: "connecting", spoken: "connecting" };
    case "waiting": {
      const seconds = Math.max(0, Math.ceil((state.retryAt - now) / 1000));
      const when = seconds === 0 ? "now" : `in ${seconds}s`;
      return {
        kind: "busy",
        text: `${state.why ?? "agentd lost"} · retry ${when} · ${typed}`,
        spoken: state.why ?? "connection lost, reconnecting",
      };
    }
    case "over":
      return { kind: "over", text: state.ending.title, spoken: state.ending.title };
    default:
      if (trouble !== undefined)
        return { kind: "busy", text: trouble, spoken: "the shell's connection is down" };
      return { kind: "live", text: "live", spoken: "connected" };
  }
}

/** `120x40`; `shell is 80x24 (manual), this window 120x40 · type to make it yours`. */
export function sizeText({ shell, own, policy, leads, mirror, readOnly }: SizeFacts): string {
  // Nothing is known of a shell that this page has not reached.
  if (shell.cols === 0) return "";
  const is = `${shell.cols}x${shell.rows}`;
  if (mirror) return `${is}, not this window's`;
  const why = policy === "latest" ? "" : ` (${policy})`;
  if (sameSize(shell, own)) return `${is}${why}`;
  const way = policy === "latest" && !readOnly && !leads ? " · type to make it yours" : "";
  return `shell is ${is}${why}, this window ${own.cols}x${own.rows}${way}`;
}
