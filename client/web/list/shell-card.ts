// One shell on the list.
/// <reference lib="dom" />
import { printable } from "../../../shared/names.js";
import type { ShellInfo } from "../../../shared/rpc.js";
import { whereText } from "../../../shared/shell-text.js";
import { el, iconButton, setText } from "../elements.js";
import { routeHash } from "../route.js";
import { cssColor, type Shade, terminalThemes } from "../themes.js";
import { readable } from "./contrast.js";
import type { Preview } from "./previews.js";
import { agoText, clientsText, stateText, toneOf } from "./shell-order.js";
import { styledRuns, type TextStyle } from "./styled-text.js";

export interface ShellCardActions {
  /** Absent: this link may not. */
  readonly rename: ((name: string) => void) | undefined;
  readonly kill: ((name: string) => void) | undefined;
}

export class ShellCard {
  readonly element: HTMLLIElement;
  readonly link: HTMLAnchorElement;
  readonly #state = el("span", { class: "state" });
  readonly #where = el("span");
  readonly #size = el("span");
  readonly #clients = el("span");
  readonly #quiet = el("span", { class: "quiet" });
  readonly #title = el("span", { class: "title" });
  readonly #preview = el("pre", { class: "preview", attrs: { "aria-hidden": "true" } });
  #shown: string | undefined;
  name: string;

  constructor(shell: ShellInfo, actions: ShellCardActions) {
    this.name = shell.name;
    this.link = el("a", { class: "name" });
    const { kill, rename } = actions;
    const tools = el("div", { class: "tools" });
    if (rename !== undefined)
      tools.append(iconButton("pencil", `Rename ${shell.name}`, () => rename(this.name)));
    if (kill !== undefined) tools.append(iconButton("trash", `Kill ${shell.name}`, () => kill(this.name)));
    const facts = el(
      "p",
      { class: "facts" },
      this.#state,
      this.#where,
      this.#size,
      this.#clients,
      this.#quiet,
    );
    this.element = el(
      "li",
      { class: "card" },
      el("div", { class: "card-head" }, el("h2", {}, this.link), this.#title, tools),
      facts,
      this.#preview,
    );
    this.show(shell);
  }

  show(shell: ShellInfo): void {
    this.name = shell.name;
    this.element.dataset["tone"] = toneOf(shell);
    this.link.href = routeHash({ view: "shell", name: shell.name });
    setText(this.link, shell.name);
    this.link.title = shell.name;
    setText(this.#state, stateText(shell));
    setText(this.#where, whereText(shell));
    setText(this.#size, `${shell.cols}x${shell.rows}`);
    setText(this.#clients, clientsText(shell.clients));
    const title = printable(shell.title ?? shell.cwd ?? "", 160);
    setText(this.#title, title);
    this.#title.title = title;
  }

  /** @param now milliseconds since 1970. */
  showQuiet(shell: ShellInfo, preview: Preview | undefined, now: number): void {
    if (shell.endedAt !== undefined) {
      const ago = agoText(now - Date.parse(shell.endedAt));
      setText(this.#quiet, ago === "now" ? "just now" : `${ago} ago`);
      return;
    }
    // What the daemon said last may be older than what the preview has seen since.
    const activeAt = Math.max(Date.parse(shell.activeAt ?? "") || 0, preview?.changedAt ?? 0);
    if (activeAt === 0) {
      setText(this.#quiet, "");
      return;
    }
    const quiet = agoText(now - activeAt);
    setText(this.#quiet, quiet === "now" ? "active" : `quiet ${quiet}`);
  }

  showPreview(preview: Preview | undefined, shade: Shade): void {
    const key = `${shade}\n${preview?.text}`;
    if (this.#shown === key) return;
    this.#shown = key;
    const runs = styledRuns(preview?.text ?? "").map(({ text, style }) => {
      const span = el("span", { text });
      paint(span, style, shade);
      return span;
    });
    this.#preview.replaceChildren(...runs);
  }
}

function paint({ style }: HTMLElement, text: TextStyle, shade: Shade): void {
  const theme = terminalThemes[shade];
  const fg = text.fg === undefined ? undefined : cssColor(text.fg, shade);
  const bg = text.bg === undefined ? undefined : cssColor(text.bg, shade);
  const [front, back] = text.inverse ? [bg ?? theme.background, fg ?? theme.foreground] : [fg, bg];
  const behind = back ?? theme.background;
  const letters = readable(front ?? theme.foreground, behind, [theme.foreground, theme.background]);
  if (front !== undefined || back !== undefined) style.color = letters;
  if (back !== undefined) style.backgroundColor = back;
  if (text.bold) style.fontWeight = "600";
  if (text.dim) style.opacity = "0.7";
  if (text.italic) style.fontStyle = "italic";
  if (text.underline) style.textDecoration = "underline";
}
