// What must survive the daemon: everything needed to find a shell again, and nothing that is secret.
import type { ShellExit } from "../../shared/status.js";
import type { UpstreamIds, UpstreamTarget } from "../upstream/target.js";

/** Takes over the ids that a server answered with; true when that is news that must be saved. */
export function connectedAs(record: ShellRecord, { runtimeSessionId, shellId }: UpstreamIds): boolean {
  const isNews = !record.known || record.shellId !== shellId || record.runtimeSessionId !== runtimeSessionId;
  Object.assign(record, { known: true, runtimeSessionId, shellId });
  return isNews;
}

/** One shell in the state file. Holds no output, no input, no environment, no credentials. */
export interface ShellRecord extends UpstreamIds {
  name: string;
  readonly target: UpstreamTarget;
  runtimeSessionId: string;
  shellId: string;
  /** Wall clock milliseconds. */
  readonly createdAt: number;
  readonly labels: Record<string, string>;
  cols: number;
  rows: number;
  /** It was connected to at least once: what answers next time may be another shell. */
  known: boolean;
  /** Output that is known to be lost, bytes, over the shell's life. */
  bytesLost: number;
  ended?: { readonly exit: ShellExit; readonly endedAt: number };
}
