// Where the output stands when a connection has become live: at the place that its server names, anew, or as it is.
import type { Snapshot } from "../../../shared/snapshot.js";
import type { LinkEvent } from "../../upstream/link.js";
import type { OutputPath } from "./output-path.js";

/**
 * @param wasLive this daemon has been connected before: what is on the screen is of the shell that was there then
 * @param checkpoint what an earlier daemon's screen showed; of use when the output that comes reaches back to it
 */
export function placeOutput(
  output: Pick<OutputPath, "epoch" | "beginAnew" | "moveTo" | "goOnUncounted">,
  { verdict, epoch, offset = 0, end = 0 }: Extract<LinkEvent, { kind: "live" }>,
  wasLive: boolean,
  checkpoint?: Snapshot,
): void {
  const isOther = verdict === "new" || (epoch !== undefined && epoch !== output.epoch);
  if (isOther && wasLive) output.beginAnew(epoch, offset);
  else if (epoch === undefined) output.goOnUncounted(!wasLive && verdict !== "first" && verdict !== "new");
  else {
    const isOfPlace = checkpoint?.epoch === epoch && checkpoint.offset >= offset && checkpoint.offset <= end;
    output.moveTo(epoch, offset, isOfPlace && !wasLive ? checkpoint : undefined);
  }
}
