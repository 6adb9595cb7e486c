// The menu of a terminal: what is not needed all the time, for fingers, pointers and keys alike.
/// <reference lib="dom" />
import { frame, showDialog } from "./dialogs.js";
import { button, el } from "./elements.js";
import type { Preferences } from "./preferences.js";

/** Undefined: not on offer now. */
export interface TerminalMenuActions {
  readonly useMySize: (() => void) | undefined;
  readonly redraw: () => void;
  readonly copy: () => void;
  readonly paste: (() => void) | undefined;
  readonly rename: (() => void) | undefined;
  readonly kill: (() => void) | undefined;
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
  const item = (text: string, act: (() => void) | undefined, className = "menu-item") =>
    act === undefined
      ? undefined
      : button(
          text,
          () => {
            chosen = act;
            dialog.close("done");
          },
          className,
        );
  const font = el("output", { class: "font-size", text: `${preferences.fontSize} px` });
  const step = (by: 1 | -1) => () => {
    preferences.changeFontSize(by);
    font.textContent = `${preferences.fontSize} px`;
  };
  const smaller = button("Smaller", step(-1));
  const larger = button("Larger", step(1));
  const reader = toggle("Screen reader mode", preferences.screenReader, () =>
    preferences.toggleScreenReader(),
  );
  const light = toggle("Light colours", preferences.shade === "light", () => preferences.toggleShade());
  const items = [
    item("Use this window's size", actions.useMySize),
    item("Copy what is on the screen", actions.copy),
    item("Paste", actions.paste),
    item("Draw anew", actions.redraw),
    el("div", { class: "menu-row" }, el("span", { text: "Text" }), smaller, font, larger),
    light,
    reader,
    item("Rename…", actions.rename),
    item("Kill…", actions.kill, "menu-item danger"),
  ];
  for (const entry of items) if (entry !== undefined) dialog.append(entry);
  dialog.append(
    el(
      "div",
      { class: "actions" },
      button("Close", () => dialog.close("")),
    ),
  );
  await showDialog(dialog);
  chosen?.();
}

function toggle(text: string, on: boolean, flip: () => void): HTMLElement {
  const input = el("input", { attrs: { type: "checkbox", role: "switch" } });
  input.checked = on;
  input.addEventListener("change", flip);
  return el("label", { class: "menu-row" }, el("span", { text }), input);
}
