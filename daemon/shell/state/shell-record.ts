// What must survive the daemon: everything needed to find a shell again, and nothing that is secret.
import type { SizePolicy } from "../../../shared/size.js";
import type { ShellExit } from "../../../shared/status.js";
import type { LinkEvent } from "../../upstream/link.js";
import type { UpstreamIds, UpstreamTarget } from "../../upstream/target.js";
import type { ShellState } from "../shell-state.js";

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
  /** Absent: `latest`. */
  sizePolicy?: SizePolicy;
  /** It was connected to at least once: what answers next time may be another shell. */
  known: boolean;
  /** Output that is known to be lost, bytes, over the shell's life. */
  bytesLost: number;
  /** What its clients get of its output; absent: harmless escape sequences only, and no clipboard. */
  readonly escapes?: "raw";
  readonly clipboard?: "allow";
  /** AgentCore: without input, output and clients for so long, its connection is let go. Absent: never. */
  readonly idleStopMs?: number;
  /** ... and it was, since then (wall clock milliseconds): whoever finds it again does not connect. */
  asleepSince?: number;
  /** AgentCore: its microVM is not older than this (wall clock milliseconds); absent when that is not known. */
  vmSince?: number;
  /** Its end was asked for, and may have happened: whoever finds it again ends it. */
  ending?: boolean;
  ended?: { readonly exit: ShellExit; readonly endedAt: number };
  /** It cannot be had any more, and why; as `ended`, it is not looked for again. */
  gone?: { readonly message: string; readonly endedAt: number };
}

/** The state of a shell that was over when its record was written; undefined for one that must be found again. */
export function overState({ ended, gone }: ShellRecord): ShellState | undefined {
  if (ended !== undefined) return { kind: "ended", ...ended };
  return gone === undefined ? undefined : { kind: "gone", ...gone };
}

/** Writes down what an event of the link says: output that is lost, a rest, another microVM. True when that is news that must be saved. */
export function recordLink(record: ShellRecord, event: LinkEvent): boolean {
  const lost = event.kind === "live" ? event.gap : event.kind === "confirmed" ? event.bytesDropped : 0;
  record.bytesLost += lost ?? 0;
  const rests = record.asleepSince;
  if (event.kind === "asleep") record.asleepSince = event.since;
  else if (event.kind === "connecting") delete record.asleepSince;
  const age = record.vmSince;
  // Another shell may be one of a new microVM, or of the old one.
  if ((event.kind === "live" || event.kind === "confirmed") && event.verdict === "new") delete record.vmSince;
  return (lost ?? 0) > 0 || rests !== record.asleepSince || age !== record.vmSince;
}

/** Writes down how a shell is over; nothing for any other state. */
export function recordOver(record: ShellRecord, state: ShellState): void {
  if (state.kind === "ended") record.ended = { exit: state.exit, endedAt: state.endedAt };
  if (state.kind === "gone") record.gone = { message: state.message, endedAt: state.endedAt };
}
