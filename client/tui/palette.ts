// The few styles of the TUI, all of the terminal's own 16 colours, so that they fit a light and a dark background.
import type { ShellInfo } from "../../shared/rpc.js";

/** Parameters of SGR sequences. */
export const Style = {
  plain: "",
  strong: "1",
  faint: "2",
  key: "1;36",
  good: "32",
  busy: "33",
  bad: "31",
  selected: "7",
  accent: "36",
  label: "35",
} as const;

export function stateStyle({ bytesLost, possibleGap, state }: ShellInfo): string {
  switch (state) {
    case "live":
      return bytesLost > 0 || possibleGap !== undefined ? Style.busy : Style.good;
    case "starting":
    case "reconnecting":
    case "capacity":
      return Style.busy;
    case "asleep":
    case "ended":
      return Style.faint;
    default:
      return Style.bad;
  }
}
