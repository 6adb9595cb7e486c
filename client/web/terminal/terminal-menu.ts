// The menu of a terminal: what is not needed all the time, for fingers, pointers and keys alike.
/// <reference lib="dom" />
import { frame, showDialog } from "../dialogs.js";
import { button, el } from "../elements.js";
import { keyCaps } from "../keys/key-list.js";
import type { Preferences } from "../preferences.js";

/** Undefined: not on offer now. */
export interface TerminalMenuActions {
  readonly useMySize: (() => void) | undefined;
  readonly takeBack: (() => void) | undefined;
  readonly redraw: () => void;
  readonly search: () => void;
  readonly copySelection: (() => void) | undefined;
  readonly copyScreen: () => void;
  readonly paste: (() => void) | undefined;
  readonly rename: (() => void) | undefined;
  readonly kill: (() => void) | undefined;
  readonly keys: () => void;
  readonly allShells: (() => void) | undefined;
}

/** Resolves when it was closed; what was chosen happens then. */
export async function showTerminalMenu(
  name: string,
  preferences: Preferences,
  actions: TerminalMenuActions,
): Promise<void> {
  const dialog = frame(name, "dialog");
  dialog.classList.add("menu");
  let chosen: (() => void) | undefined;
  const item = (text: string, act: (() => void) | undefined, keys?: string) => {
    if (act === undefined) return undefined;
    const choose = () => {
      chosen = act;
      dialog.close("done");
    };
    const made = button(text, choose, "menu-item");
    if (keys !== undefined) made.append(keyCaps(keys));
    return made;
  };
  const font = el("output", { class: "font-size", text: `${preferences.fontSize} px` });
  const step = (by: 1 | -1) => () => {
    preferences.changeFontSize(by);
    font.textContent = `${preferences.fontSize} px`;
  };
  const smaller = button("Smaller", step(-1));
  const larger = button("Larger", step(1));
  const kill = item("Kill…", actions.kill);
  kill?.classList.add("danger");
  const reader = toggle("Screen reader mode", preferences.screenReader, () =>
    preferences.toggleScreenReader(),
  );
  const light = toggle("Light colours", preferences.shade === "light", () => preferences.toggleShade());
  const items = [
    item("Copy the selection", actions.copySelection, "Ctrl+Shift+C"),
    item("Copy what is on the screen", actions.copyScreen),
    item("Paste", actions.paste, "Ctrl+Shift+V"),
    item("Search", actions.search, "Ctrl+Shift+F"),
    el("hr"),
    item("Take it back", actions.takeBack),
    item("Use this window's size", actions.useMySize),
    item("Draw anew", actions.redraw),
    el("div", { class: "menu-row" }, el("span", { text: "Text" }), smaller, font, larger),
    light,
    reader,
    el("hr"),
    item("Keys", actions.keys),
    item("All shells", actions.allShells),
    item("Rename…", actions.rename),
    kill,
  ];
  for (const entry of items) if (entry !== undefined) dialog.append(entry);
  dialog.append(
    el(
      "div",
      { class: "actions" },
      button("Close", () => dialog.close("")),
    ),
  );
  dialog.addEventListener("keydown", (event) => moveInMenu(dialog, event));
  await showDialog(dialog);
  chosen?.();
}

function toggle(text: string, on: boolean, flip: () => void): HTMLElement {
  const input = el("input", { attrs: { type: "checkbox", role: "switch" } });
  input.checked = on;
  input.addEventListener("change", flip);
  return el("label", { class: "menu-row" }, el("span", { text }), input);
}

/** Up and down go round, as in every menu. */
function moveInMenu(dialog: HTMLElement, event: KeyboardEvent): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0) return;
  const entries = [...dialog.querySelectorAll<HTMLElement>("button, input")];
  const at = entries.indexOf(document.activeElement as HTMLElement);
  entries[(at + step + entries.length) % entries.length]?.focus();
  event.preventDefault();
}
