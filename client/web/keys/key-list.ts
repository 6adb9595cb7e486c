// The list of keys: what the page itself listens to, on the list and in a terminal.
/// <reference lib="dom" />
import { frame, showDialog } from "../dialogs.js";
import { button, el } from "../elements.js";
import { FullScreen } from "../terminal/full-screen.js";

/** Keys that are pressed together are joined by `+`; other ways to the same are further entries. */
type KeyLine = readonly [does: string, ...keys: string[]];

const ON_THE_LIST: readonly KeyLine[] = [
  ["Move from shell to shell", "↑", "↓", "←", "→"],
  ["Open the shell", "Enter"],
  ["Open it in a tab of its own", "Ctrl+Enter"],
  ["New shell", "n"],
  ["Rename", "r"],
  ["Kill or forget", "Delete"],
  ["Filter by name, title, place, label", "/"],
  ["Clear the filter", "Esc"],
  ["These keys", "?"],
];
const IN_A_TERMINAL: readonly KeyLine[] = [
  ["Menu: size, colours, rename, kill, all shells", "Ctrl+Shift+M"],
  ["Search", "Ctrl+Shift+F"],
  ["Older match, newer match", "Enter", "Shift+Enter"],
  ["Copy the selection", "Ctrl+Shift+C", "Ctrl+Ins"],
  ["Paste", "Ctrl+Shift+V", "Shift+Ins"],
  ["Scroll by pages", "Shift+PgUp", "Shift+PgDn"],
  ["Select though a program has the mouse", "Shift+drag"],
];
const KEPT =
  "Every other key goes to the shell, but for those that a browser keeps, such as Ctrl+W, Ctrl+T and Ctrl+N.";
const FULL_SCREEN =
  "In full screen, the button beside the search, these get to the shell too, and Esc as well: hold it down to leave.";
const NO_KEYS = "This browser gives them to no page, in full screen neither; Chrome and Edge do there.";

/** Resolves when it was closed. */
export async function showKeyList(): Promise<void> {
  const dialog = frame("Keys", "dialog");
  dialog.classList.add("wide");
  const close = button("Close", () => dialog.close(""));
  close.autofocus = true;
  dialog.append(
    el("h3", { text: "In a terminal" }),
    lines(IN_A_TERMINAL),
    el("p", { class: "hint", text: `${KEPT} ${FullScreen.hasKeys ? FULL_SCREEN : NO_KEYS}` }),
    el("h3", { text: "On the list" }),
    lines(ON_THE_LIST),
    el("div", { class: "actions" }, close),
  );
  await showDialog(dialog);
}

function lines(list: readonly KeyLine[]): HTMLElement {
  const rows = list.map(([does, ...keys]) =>
    el("div", {}, el("dt", { text: does }), el("dd", {}, ...keys.map(keyCaps))),
  );
  return el("dl", { class: "key-list" }, ...rows);
}

/** `Ctrl+Shift+F` as keys to look at. */
export function keyCaps(keys: string): HTMLElement {
  return el("span", { class: "caps" }, ...keys.split("+").map((text) => el("kbd", { text })));
}
