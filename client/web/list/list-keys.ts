// What keys do on the list of shells.
/// <reference lib="dom" />

export interface ListKeyActions {
  /** In the order in which they are shown. */
  links(): readonly HTMLAnchorElement[];
  columns(): number;
  filter(): void;
  clearFilter(): void;
  /** Undefined: not on offer. */
  readonly create: (() => void) | undefined;
  readonly rename: ((link: HTMLAnchorElement) => void) | undefined;
  readonly kill: ((link: HTMLAnchorElement) => void) | undefined;
  help(): void;
}

/** False: the key is the browser's. @param target what has the keyboard: one of the links, or something else. */
export function listKey(key: string, target: EventTarget | null, actions: ListKeyActions): boolean {
  const links = actions.links();
  const at = links.indexOf(target as HTMLAnchorElement);
  const link = links[at];
  const onLink = (act: ((link: HTMLAnchorElement) => void) | undefined) => link && act && (() => act(link));
  const found = {
    "/": actions.filter,
    Escape: actions.clearFilter,
    n: actions.create,
    "?": actions.help,
    r: onLink(actions.rename),
    Delete: onLink(actions.kill),
  }[key];
  if (found === undefined) return move(key, links, at, actions.columns);
  found();
  return true;
}

/** Arrows, Home and End go from shell to shell; up and down by rows of the grid. */
function move(key: string, links: readonly HTMLAnchorElement[], at: number, columns: () => number): boolean {
  const to = goal(key, links.length, at, columns);
  if (to === undefined) return false;
  links[to]?.focus();
  return links.length > 0;
}

function goal(key: string, count: number, at: number, columns: () => number): number | undefined {
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (!/^Arrow(Left|Right|Up|Down)$/.test(key)) return undefined;
  if (at === -1) return 0;
  if (key === "ArrowLeft") return at - 1;
  if (key === "ArrowRight") return at + 1;
  return key === "ArrowDown" ? at + columns() : at - columns();
}
