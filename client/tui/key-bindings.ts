// What every key does while the list has the keyboard, in the words that the footer and the help show.

export type Command =
  | "up"
  | "down"
  | "page-up"
  | "page-down"
  | "first"
  | "last"
  | "attach"
  | "watch"
  | "new"
  | "kill"
  | "rename"
  | "label"
  | "details"
  | "filter"
  | "clear"
  | "help"
  | "quit"
  | "redraw";

export interface Binding {
  /** As blessed-screen.ts names them. */
  readonly keys: readonly string[];
  readonly command: Command;
  /** The key as it is shown. */
  readonly shown: string;
  /** In the footer; absent: only in the help. */
  readonly short?: string;
  /** In the help. */
  readonly help: string;
}

/** In the order of the footer and the help. */
export const bindings: readonly Binding[] = [
  { keys: ["enter"], command: "attach", shown: "Enter", short: "attach", help: "attach to the shell" },
  {
    keys: ["r"],
    command: "watch",
    shown: "r",
    short: "read-only",
    help: "attach read-only: watch, send no keys",
  },
  { keys: ["n"], command: "new", shown: "n", short: "new", help: "make a shell" },
  { keys: ["x"], command: "kill", shown: "x", short: "kill", help: "end the shell (asks first)" },
  { keys: ["R"], command: "rename", shown: "R", short: "rename", help: "give it another name" },
  { keys: ["L"], command: "label", shown: "L", short: "label", help: "set a label: k=v; k= removes it" },
  {
    keys: ["d"],
    command: "details",
    shown: "d",
    short: "details",
    help: "details or the screen below the list",
  },
  {
    keys: ["/"],
    command: "filter",
    shown: "/",
    short: "filter",
    help: "show only names, labels, states, titles with this",
  },
  { keys: ["?", "f1"], command: "help", shown: "?", short: "help", help: "this help" },
  { keys: ["q", "C-c"], command: "quit", shown: "q", short: "quit", help: "leave; the shells live on" },
  { keys: ["up", "k"], command: "up", shown: "Up, k", help: "the shell above" },
  { keys: ["down", "j"], command: "down", shown: "Down, j", help: "the shell below" },
  { keys: ["pageup", "C-b"], command: "page-up", shown: "PgUp", help: "a page up" },
  { keys: ["pagedown", "C-f"], command: "page-down", shown: "PgDn", help: "a page down" },
  { keys: ["home", "g"], command: "first", shown: "Home, g", help: "the first shell" },
  { keys: ["end", "G"], command: "last", shown: "End, G", help: "the last shell" },
  { keys: ["escape"], command: "clear", shown: "Esc", help: "clear the filter, close what is open" },
  { keys: ["C-l"], command: "redraw", shown: "Ctrl-L", help: "draw everything anew" },
];

const byKey = new Map(bindings.flatMap(({ command, keys }) => keys.map((key) => [key, command] as const)));

export function commandOf(key: string): Command | undefined {
  return byKey.get(key);
}
