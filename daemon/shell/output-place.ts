// Where the output stands when a connection has become live: at the place that its server names, anew, or as it is.
import type { LinkEvent } from "../upstream/link.js";
import type { OutputPath } from "./output-path.js";

/** @param wasLive this daemon has been connected before: what is on the screen is of the shell that was there then */
export function placeOutput(
  output: Pick<OutputPath, "epoch" | "beginAnew" | "moveTo" | "goOnUncounted">,
  { verdict, epoch, offset = 0 }: Extract<LinkEvent, { kind: "live" }>,
  wasLive: boolean,
): void {
  const isOther = verdict === "new" || (epoch !== undefined && epoch !== output.epoch);
  if (isOther && wasLive) output.beginAnew(epoch, offset);
  else if (epoch !== undefined) output.moveTo(epoch, offset);
  else output.goOnUncounted();
}
