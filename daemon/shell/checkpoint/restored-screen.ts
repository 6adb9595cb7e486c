// Brings a screen to what an earlier daemon's screen showed.
import type { Size } from "../../../shared/size.js";
import type { Snapshot } from "../../../shared/snapshot.js";
import type { OutputFilter } from "../../terminal/filter/output-filter.js";
import type { Screen } from "../../terminal/screen.js";
import type { SequenceTail } from "../../terminal/stream/sequence-tail.js";
import { piecesOf } from "../output/shell-filter.js";

/**
 * Nobody but the screen sees these bytes, and it sees of them what would pass as output: they come from another process. No
 * question in them is answered.
 * @param filter a fresh one
 * @param size what the shell has by now
 */
export function restoreScreen(
  checkpoint: Snapshot,
  to: {
    readonly screen: Screen;
    readonly tail: SequenceTail;
    readonly filter: OutputFilter | undefined;
    readonly size: Size;
  },
): void {
  to.screen.resize(checkpoint.size);
  for (const { bytes } of piecesOf(checkpoint.bytes, to.filter, true)) {
    to.tail.push(bytes);
    to.screen.write(bytes, false);
  }
  to.screen.resize(to.size);
}
