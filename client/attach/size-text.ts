// What is said to a window that has another size than the shell.
import { type Size, type SizePolicy, sameSize } from "../../shared/size.js";
import type { OwnRole } from "./own-role.js";
import { prefixLabel } from "./prefix-name.js";

export interface ShellSize extends Size {
  /** What decides it; absent: `latest`. */
  readonly policy?: SizePolicy | undefined;
}

/** Undefined when the window fits. */
export function sizeText(window: Size, shell: ShellSize, own: OwnRole): string | undefined {
  if (sameSize(window, shell)) return undefined;
  const { cols, policy = "latest", rows } = shell;
  const why = policy === "latest" ? "" : ` (${policy})`;
  const canLead = policy === "latest" && !own.readOnly && !own.ignoreSize;
  const is = `shell is ${cols}x${rows}${why}`;
  const way = canLead ? wayText(own) : "";
  const whole = `${is}, this window ${window.cols}x${window.rows}${way}`;
  // In a narrow window, what to do is worth more than a size that can be seen.
  return whole.length + 2 < window.cols ? whole : `${is}${way}`;
}

function wayText({ prefix }: OwnRole): string {
  const key = prefixLabel(prefix);
  return ` · type${key === undefined ? "" : ` or ${key} t`} to make it yours`;
}
