// What is asked of the registry when a shell is to be made.
import type { LocalShellSpec } from "../upstream/local/local-runtime-link.js";
import type { UpstreamIds, UpstreamTarget } from "../upstream/target.js";
import type { ShellRecord } from "./state/shell-record.js";

export interface NewShell {
  readonly name: string;
  readonly target: UpstreamTarget;
  readonly ids: UpstreamIds;
  readonly cols: number;
  readonly rows: number;
  readonly labels: Readonly<Record<string, string>>;
  /** The ids name a shell that exists already: what answers must be that one. */
  readonly known: boolean;
  /** What clients get of its output. */
  readonly rules?: Pick<ShellRecord, "escapes" | "clipboard" | "sizePolicy" | "idleStopMs" | "vmSince">;
  /** Answer with the existing shell of that name. */
  readonly reuse: boolean;
  /** Local shells: the process to start. */
  readonly local?: Pick<LocalShellSpec, "command" | "cwd" | "env" | "umask">;
}
