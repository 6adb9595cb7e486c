// Whom a drawing is for: a terminal of another size than the screen's gets what fits into it.
import type { Size } from "../../../shared/size.js";

export interface DrawingView {
  /** Of the terminal that will show it. */
  readonly size: Size;
  /** With the lines above the screen; a number: this share of them, the newest. */
  readonly history: boolean | number;
}
