// A shell's whole history: how it is asked for, and how long that may take.

/** As the first line, counted from the top of the screen: from the very beginning; far more lines than any history has. */
export const ALL_HISTORY = -10_000_000;
export const CAPTURE_LIMIT_MS = 60_000;
