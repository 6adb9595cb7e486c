// What the hub needs of the world: an upstream, time, a share of the event loop, and somebody to tell.
import type { Size } from "../../shared/size.js";
import type { ShellExit } from "../../shared/status.js";
import type { Slicer } from "../terminal/slicer.js";
import type { Clock } from "../upstream/clock.js";
import type { Ending, Have, UpstreamHandlers } from "../upstream/link.js";
import type { Shell } from "./shell.js";
import type { ShellRecord } from "./shell-record.js";

/** What the hub needs of an upstream; daemon/upstream's `Upstream` is one. */
export interface ShellUpstream {
  run(signal: AbortSignal): Promise<Ending>;
  send(bytes: Uint8Array): boolean;
  resize(size: Size): void;
  kill(signal: AbortSignal): Promise<ShellExit | undefined>;
  retryNow(): void;
  pause(): void;
  resume(): void;
}

export interface UpstreamRequest {
  readonly record: ShellRecord;
  readonly size: Size;
  /** Exact mode: what the hub holds of the output; undefined when it holds nothing. */
  have(): Have | undefined;
  readonly handlers: UpstreamHandlers;
}

export interface ShellDeps {
  readonly clock: Clock;
  readonly slicer: Slicer;
  /** Lines of scrollback. */
  readonly scrollback: number;
  createUpstream(request: UpstreamRequest): ShellUpstream;
  /** Something that `ls` shows has changed. */
  onChange(shell: Shell): void;
  /** Something that must survive the daemon has changed. */
  onRecord(shell: Shell): void;
}
