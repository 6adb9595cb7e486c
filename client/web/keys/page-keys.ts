// The few keys that are the page's own inside a terminal; every other one belongs to the shell.
/// <reference lib="dom" />

export interface PageKeyActions {
  /** What a terminal sends for Ctrl-/, which xterm.js does not know. */
  slash(): void;
  search(): void;
  copy(): void;
  paste(): void;
  menu(): void;
}

/** Ctrl-Shift-F C V, Ctrl-Insert, Shift-Insert, Ctrl-Shift-M, Ctrl-/. True: the key was one of them. */
export function pageKey(event: KeyboardEvent, actions: PageKeyActions): boolean {
  const action = actionOf(event, actions);
  if (action === undefined) return false;
  event.preventDefault();
  if (event.type === "keydown") action();
  return true;
}

function actionOf(event: KeyboardEvent, actions: PageKeyActions): (() => void) | undefined {
  const { altKey, ctrlKey, key, metaKey, shiftKey } = event;
  if (altKey || metaKey) return undefined;
  if (key === "Insert")
    return ctrlKey && !shiftKey ? actions.copy : shiftKey && !ctrlKey ? actions.paste : undefined;
  if (ctrlKey && key === "/") return actions.slash;
  if (!ctrlKey || !shiftKey) return undefined;
  switch (key.toLowerCase()) {
    case "f":
      return actions.search;
    case "c":
      return actions.copy;
    case "v":
      return actions.paste;
    case "m":
      return actions.menu;
    default:
      return undefined;
  }
}
