// Which rows of the terminal belong to the list, to the pane below it and to the lines at the bottom.

export interface Layout {
  /** Nothing fits: only that is said. */
  readonly isTooSmall: boolean;
  readonly listTop: number;
  readonly listRows: number;
  /** The rule above the pane; the pane is below it. */
  readonly ruleRow: number;
  /** 0: there is no room for a pane. */
  readonly paneRows: number;
  readonly messageRow: number;
  readonly footerRow: number;
}

const MIN_COLS = 40;
const MIN_ROWS = 8;
/** Header, column heads, message, footer. */
const FIXED_ROWS = 4;
/** A pane with fewer rows shows nothing worth its rule. */
const MIN_PANE_ROWS = 3;
const MIN_LIST_ROWS = 3;

/** @param shells how many there are to list */
export function layoutOf(cols: number, rows: number, shells: number, wantsDetails: boolean): Layout {
  const free = rows - FIXED_ROWS;
  const fits = free - 1 >= MIN_LIST_ROWS + MIN_PANE_ROWS;
  // The list gets what it needs, up to two fifths: the pane is what one looks at.
  const share = Math.max(MIN_LIST_ROWS, Math.floor(free * (wantsDetails ? 0.3 : 0.4)));
  const listRows = fits ? Math.min(Math.max(MIN_LIST_ROWS, shells), share) : Math.max(0, free);
  return {
    isTooSmall: cols < MIN_COLS || rows < MIN_ROWS,
    listTop: 2,
    listRows,
    ruleRow: 2 + listRows,
    paneRows: fits ? free - listRows - 1 : 0,
    messageRow: rows - 2,
    footerRow: rows - 1,
  };
}
