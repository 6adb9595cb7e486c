// Everything that the TUI shows, as one value, and what can be read off it.
import type { ScreenFrame, ShellInfo } from "../../shared/rpc.js";
import type { NewShellForm, NewShellRequest } from "./form.js";
import { type Layout, layoutOf } from "./layout.js";
import type { EditedLine } from "./line-editor.js";

/** Who has the keyboard. */
export type Mode =
  | { readonly kind: "list" }
  | { readonly kind: "filter"; readonly line: EditedLine }
  | { readonly kind: "help" }
  | { readonly kind: "form"; readonly form: NewShellForm }
  | { readonly kind: "kill"; readonly id: string }
  | {
      readonly kind: "rename" | "label";
      readonly id: string;
      readonly line: EditedLine;
      readonly problem?: string;
    };

export interface Message {
  readonly text: string;
  readonly tone: "info" | "error";
}

/** `waiting`: agentd was stopped on purpose, so it is not started again before a key asks for that. */
export type Link = "connecting" | "live" | "lost" | "waiting";

export interface TuiState {
  readonly cols: number;
  readonly rows: number;
  /** By name. */
  readonly shells: readonly ShellInfo[];
  readonly link: Link;
  /** The id of a shell (`idOf`); it may be gone, or filtered out. */
  readonly selected: string | undefined;
  /** A name to be selected when it appears. */
  readonly wanted: string | undefined;
  /** First line of the list that is shown. */
  readonly scroll: number;
  readonly filter: string;
  readonly mode: Mode;
  readonly pane: "screen" | "details";
  readonly screen: ScreenFrame | undefined;
  readonly message: Message | undefined;
  readonly targets: readonly string[];
  readonly defaultTarget: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** For double clicks: what was clicked last, and when. */
  readonly clicked: { readonly id: string; readonly at: number } | undefined;
}

/** What the outside is asked to do. */
export type TuiAction =
  | { readonly kind: "attach"; readonly name: string; readonly readOnly: boolean }
  | { readonly kind: "create"; readonly request: NewShellRequest }
  | { readonly kind: "kill"; readonly name: string }
  | { readonly kind: "rename"; readonly name: string; readonly to: string }
  | {
      readonly kind: "label";
      readonly name: string;
      readonly labels: Readonly<Record<string, string | null>>;
    }
  | { readonly kind: "redraw" }
  | { readonly kind: "connect" }
  | { readonly kind: "quit" };

export function initialState(cols: number, rows: number, wanted: string | undefined, now: number): TuiState {
  return {
    cols,
    rows,
    shells: [],
    link: "connecting",
    selected: undefined,
    wanted,
    scroll: 0,
    filter: "",
    mode: { kind: "list" },
    pane: "screen",
    screen: undefined,
    message: undefined,
    targets: [],
    defaultTarget: undefined,
    now,
    clicked: undefined,
  };
}

/** The same shell, whatever it is called. */
export function idOf({ runtimeSessionId, shellId }: ShellInfo): string {
  return `${runtimeSessionId}/${shellId}`;
}

/** Those that the filter lets through: every word of it is found somewhere. */
export function visibleShells({ filter, shells }: TuiState): readonly ShellInfo[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return shells;
  return shells.filter((shell) => {
    const labels = Object.entries(shell.labels).map(([key, value]) => `${key}=${value}`);
    const text = [shell.name, shell.state, shell.title ?? "", ...labels].join("\n").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export function selectedShell(state: TuiState): ShellInfo | undefined {
  return visibleShells(state).find((shell) => idOf(shell) === state.selected);
}

export function layout(state: TuiState): Layout {
  return layoutOf(state.cols, state.rows, visibleShells(state).length, state.pane === "details");
}

/** The shell whose screen is wanted, and how many rows of it. */
export function watchWanted(state: TuiState): { readonly name: string; readonly rows: number } | undefined {
  const { isTooSmall, paneRows } = layout(state);
  const shell = selectedShell(state);
  if (shell === undefined || isTooSmall || paneRows === 0 || state.pane !== "screen") return undefined;
  return { name: shell.name, rows: paneRows };
}
