// What the hub needs of the world: an upstream, time, a share of the event loop, and somebody to tell.
import type { Size } from "../../shared/size.js";
import type { ShellExit } from "../../shared/status.js";
import type { Slicer } from "../terminal/slicer.js";
import type { Clock } from "../upstream/clock.js";
import type { Ending, Have, UpstreamHandlers } from "../upstream/link.js";
import type { CheckpointPlace } from "./checkpoint/checkpoint-keeper.js";
import type { Shell } from "./shell.js";
import type { ShellRecord } from "./state/shell-record.js";

/** What the hub needs of an upstream; daemon/upstream's `Upstream` is one. */
export interface ShellUpstream {
  run(signal: AbortSignal): Promise<Ending>;
  send(bytes: Uint8Array): boolean;
  resize(size: Size): void;
  kill(signal: AbortSignal): Promise<ShellExit | undefined>;
  retryNow(): void;
  /** The machine slept: see what is left of the link. */
  wake(): void;
  /** Makes a full-screen program draw itself anew. */
  nudge(): void;
  /** Input bytes that were accepted and not sent yet. */
  readonly queuedBytes: number;
  pause(): void;
  resume(): void;
}

export interface UpstreamRequest {
  readonly record: ShellRecord;
  readonly size: Size;
  /** Exact mode: what the hub holds of the output; undefined when it holds nothing. */
  have(): Have | undefined;
  /** Somebody is attached. */
  isUrgent(): boolean;
  readonly handlers: UpstreamHandlers;
}

export interface ShellDeps {
  readonly clock: Clock;
  readonly slicer: Slicer;
  /** Lines of scrollback. */
  readonly scrollback: number;
  createUpstream(request: UpstreamRequest): ShellUpstream;
  /** Where the screen of this shell outlives the daemon; undefined: nowhere. */
  checkpoints?(record: ShellRecord): CheckpointPlace | undefined;
  /** Names of the other shells that hold places on the same runtime. */
  neighbours(shell: Shell): readonly string[];
  /** Something that `ls` shows has changed. */
  onChange(shell: Shell): void;
  /** Something was typed or printed: at once after a pause, then at most once a second. False: nobody wants to know. */
  onActive?(shell: Shell): boolean;
  /** The screen met what it could not take: it was emptied and goes on, or somebody was not told of something. */
  onFault?(shell: Shell, cause: unknown): void;
  /** Something that must survive the daemon has changed. */
  onRecord(shell: Shell): void;
}
