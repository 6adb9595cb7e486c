// What happens to the TUI, and what becomes of it: one pure function from a state and an event to the next state and actions.
import type { ScreenFrame, ShellEvent, ShellInfo } from "../../shared/rpc.js";
import { bindings, type Command, commandOf } from "./key-bindings.js";
import type { TypedKey } from "./line-editor.js";
import { changeMode, madeOrNot, modeKey } from "./mode-keys.js";
import {
  idOf,
  type Link,
  layout,
  type Message,
  selectedShell,
  type TuiAction,
  type TuiState,
  visibleShells,
} from "./state.js";

export type TuiEvent =
  | { readonly kind: "key"; readonly typed: TypedKey }
  | { readonly kind: "click"; readonly x: number; readonly y: number; readonly at: number }
  | { readonly kind: "wheel"; readonly y: number; readonly lines: number }
  | { readonly kind: "resize"; readonly cols: number; readonly rows: number }
  | { readonly kind: "listed"; readonly shells: readonly ShellInfo[] }
  | {
      readonly kind: "greeted";
      readonly targets: readonly string[];
      readonly defaultTarget: string | undefined;
    }
  | { readonly kind: "shell"; readonly event: ShellEvent }
  | { readonly kind: "screen"; readonly frame: ScreenFrame }
  | { readonly kind: "link"; readonly link: Link; readonly message?: Message }
  | { readonly kind: "say"; readonly message: Message | undefined }
  /** The making of a shell has come out; `problem`: why there is none. One that was made is selected as soon as it is listed. */
  | { readonly kind: "made"; readonly name: string; readonly problem?: string }
  | { readonly kind: "tick"; readonly now: number };

export interface Step {
  readonly state: TuiState;
  readonly actions: readonly TuiAction[];
}

const DOUBLE_CLICK_MS = 500;

/** Invariant: whatever happens, the selection is a shell that is listed and in sight, if there is any. */
export function update(state: TuiState, event: TuiEvent): Step {
  const step = react(state, event);
  return { ...step, state: inSight(step.state, state) };
}

function react(state: TuiState, event: TuiEvent): Step {
  switch (event.kind) {
    case "key":
      return key(state, event.typed);
    case "click":
      return click(state, event);
    case "wheel": {
      const { listTop, listRows } = layout(state);
      const isInList = event.y >= listTop && event.y < listTop + listRows;
      return isInList && state.mode.kind === "list" ? same(moved(state, event.lines)) : same(state);
    }
    case "resize":
      return same({ ...state, cols: event.cols, rows: event.rows });
    case "listed":
      return same({ ...state, shells: byName(event.shells) });
    case "greeted":
      return same({ ...state, targets: event.targets, defaultTarget: event.defaultTarget });
    case "shell":
      return same(withShellEvent(state, event.event));
    case "screen":
      return same({ ...state, screen: event.frame });
    case "link":
      return same({
        ...state,
        link: event.link,
        ...(event.message === undefined ? {} : { message: event.message }),
      });
    case "say":
      return same({ ...state, message: event.message });
    case "made":
      return same(madeOrNot(state, event.name, event.problem));
    case "tick":
      return same({ ...state, now: event.now });
  }
}

function key(before: TuiState, typed: TypedKey): Step {
  // Whoever goes on has read it.
  const state: TuiState = { ...before, message: undefined };
  if (state.link === "waiting" && typed.key === "enter")
    return { state: before, actions: [{ kind: "connect" }] };
  if (state.mode.kind !== "list") return modeKey(state, typed);
  const command = typed.key === "paste" ? undefined : commandOf(typed.key);
  return command === undefined ? same(state) : run(state, command);
}

function run(state: TuiState, command: Command): Step {
  const page = Math.max(1, layout(state).listRows - 1);
  const shell = selectedShell(state);
  switch (command) {
    case "up":
      return same(moved(state, -1));
    case "down":
      return same(moved(state, 1));
    case "page-up":
      return same(moved(state, -page));
    case "page-down":
      return same(moved(state, page));
    case "first":
      return same(moved(state, Number.NEGATIVE_INFINITY));
    case "last":
      return same(moved(state, Number.POSITIVE_INFINITY));
    case "attach":
    case "watch":
      if (shell === undefined) return same(state);
      return { state, actions: [{ kind: "attach", name: shell.name, readOnly: command === "watch" }] };
    case "details":
      return same({ ...state, pane: state.pane === "details" ? "screen" : "details" });
    case "clear":
      return same(state.pane === "details" ? { ...state, pane: "screen" } : { ...state, filter: "" });
    case "quit":
      return { state, actions: [{ kind: "quit" }] };
    case "redraw":
      return { state, actions: [{ kind: "redraw" }] };
    default:
      return same(changeMode(state, command));
  }
}

function click(state: TuiState, { at, x, y }: Extract<TuiEvent, { kind: "click" }>): Step {
  if (state.mode.kind !== "list" && state.mode.kind !== "filter") return same(state);
  const { footerRow, listRows, listTop } = layout(state);
  if (y === footerRow) {
    const hit = footerItems(state.cols).find((item) => x >= item.x && x < item.x + item.width);
    return hit === undefined ? same(state) : key(state, { key: hit.key });
  }
  const shell = y < listTop + listRows ? visibleShells(state)[state.scroll + y - listTop] : undefined;
  if (shell === undefined || y < listTop) return same(state);
  const id = idOf(shell);
  const selected = { ...state, selected: id, message: undefined };
  const isDouble = state.clicked?.id === id && at - state.clicked.at <= DOUBLE_CLICK_MS;
  if (!isDouble) return same({ ...selected, clicked: { id, at } });
  return {
    state: { ...selected, clicked: undefined },
    actions: [{ kind: "attach", name: shell.name, readOnly: false }],
  };
}

export interface FooterItem {
  readonly x: number;
  readonly width: number;
  readonly shown: string;
  readonly short: string;
  readonly key: string;
}

/** The keys of the bottom line that fit, with their places. The last ones, help and quit, always do. */
export function footerItems(cols: number): readonly FooterItem[] {
  const all = bindings.flatMap(({ keys: [first = ""], shown, short }) =>
    short === undefined ? [] : [{ key: first, shown, short, width: shown.length + 1 + short.length }],
  );
  const last = all.slice(-2);
  const needed = last.reduce((sum, item) => sum + item.width + 2, 1);
  let x = 1;
  const chosen = all.slice(0, -2).filter(({ width }) => {
    if (x + width + 2 + needed > cols + 1) return false;
    x += width + 2;
    return true;
  });
  x = 1;
  return [...chosen, ...last].map((item) => {
    const placed = { ...item, x };
    x += item.width + 2;
    return placed;
  });
}

function moved(state: TuiState, lines: number): TuiState {
  const shells = visibleShells(state);
  const index = shells.findIndex((shell) => idOf(shell) === state.selected);
  const next = shells[Math.max(0, Math.min(shells.length - 1, index + lines))];
  return next === undefined ? state : { ...state, selected: idOf(next) };
}

function withShellEvent(state: TuiState, event: ShellEvent): TuiState {
  if (event.kind === "forgotten")
    return { ...state, shells: state.shells.filter(({ name }) => name !== event.name) };
  const id = idOf(event.shell);
  const others = state.shells.filter((shell) => idOf(shell) !== id && shell.name !== event.shell.name);
  return { ...state, shells: byName([...others, event.shell]) };
}

function byName(shells: readonly ShellInfo[]): readonly ShellInfo[] {
  return [...shells].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** @param before where the selection was: what is gone is followed by what stands in its place */
function inSight(state: TuiState, before: TuiState): TuiState {
  const shells = visibleShells(state);
  let index = shells.findIndex(({ name }) => name === state.wanted);
  const wanted = index === -1 ? state.wanted : undefined;
  if (index === -1) index = shells.findIndex((shell) => idOf(shell) === state.selected);
  if (index === -1) {
    const was = visibleShells(before).findIndex((shell) => idOf(shell) === before.selected);
    index = Math.max(0, Math.min(shells.length - 1, was));
  }
  const shell = shells[index];
  // With nothing in sight the selection is kept for when the filter is cleared.
  const selected = shell === undefined ? state.selected : idOf(shell);
  const { listRows } = layout(state);
  const lowest = Math.max(0, shells.length - listRows);
  const scroll = Math.min(
    lowest,
    Math.max(index - listRows + 1, Math.min(state.scroll, index)),
    Math.max(0, index),
  );
  const screen = state.screen?.name === shell?.name ? state.screen : undefined;
  if (
    selected === state.selected &&
    scroll === state.scroll &&
    wanted === state.wanted &&
    screen === state.screen
  )
    return state;
  return { ...state, selected, scroll: Math.max(0, scroll), wanted, screen };
}

function same(state: TuiState): Step {
  return { state, actions: [] };
}
