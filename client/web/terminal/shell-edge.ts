// The edge of a shell that is smaller than this window: what lies beyond it is shaded, so that an empty part is not taken for the shell's.
/// <reference lib="dom" />
import type { Terminal } from "@xterm/xterm";
import type { Size } from "../../../shared/size.js";
import { el } from "../elements.js";

export class ShellEdge {
  readonly #edge = el("div", { class: "shell-edge" });
  /** Covers what the terminal covers, and lets every press through. */
  readonly element = el("div", { class: "shell-edges", attrs: { "aria-hidden": "true" } }, this.#edge);

  constructor() {
    this.element.hidden = true;
  }

  /** @param window what this tab draws: its terminal, and the element that holds that. */
  show(shell: Size, window: { readonly terminal: Terminal; readonly element: HTMLElement }): void {
    const { cols, rows } = window.terminal;
    const cells = window.element.querySelector(".xterm-screen");
    const isSmaller = shell.cols > 0 && (shell.cols < cols || shell.rows < rows);
    this.element.hidden = !isSmaller || cells === null;
    if (!isSmaller || cells === null) return;
    const { style } = this.#edge;
    // Where the shell is larger its edge lies outside, and is cut off.
    style.width = `${(shell.cols * cells.clientWidth) / cols}px`;
    style.height = `${(shell.rows * cells.clientHeight) / rows}px`;
  }
}
