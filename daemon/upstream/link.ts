// What an upstream tells its shell: the events of the link, and how it can end.
import type { AgentdError } from "../../shared/errors.js";
import type { Verdict } from "../../shared/notice.js";
import type { ShellExit } from "../../shared/status.js";
import type { UpstreamIds } from "./target.js";

/** Exact mode: what the caller already holds of this shell's output. */
export interface Have {
  readonly epoch: string;
  /** Absolute STDOUT offset, bytes. */
  readonly offset: number;
}

export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** `first`: never connected before, and a fresh shell is what we want. */
export type LinkVerdict = Verdict | "first";

export type LinkEvent =
  /** An attempt starts; the upgrade may take minutes when a microVM has to start. `attempt` counts from 1 since the loss. */
  | { readonly kind: "connecting"; readonly attempt: number }
  /** The upgrade was answered (101). Output follows. Nothing waits for a `confirmed`, which may never come. */
  | {
      readonly kind: "live";
      /** `unknown` here often becomes `same` or `new` with a later `confirmed`. */
      readonly verdict: LinkVerdict;
      /** Exact mode only: the PTY's incarnation, and the offset of the first byte that will arrive. */
      readonly epoch?: string;
      readonly offset?: number;
      /** Exact mode only: the offset after the last byte that is a replay; what follows it is live. */
      readonly end?: number;
      /** Exact mode only: bytes between what the caller has and `offset`, which nobody holds any more. */
      readonly gap?: number;
      /** The ids in force from now on; the server may have named others than were asked for. */
      readonly ids: UpstreamIds;
      readonly pid?: number;
      /** Typed bytes that were held for the old shell and will not be sent; input from now on goes through. */
      readonly heldDiscarded?: number;
    }
  /**
   * What is known of the shell changed, or is now final: a confirmation STATUS arrived, or none came in time.
   * Never repeated without news.
   */
  | {
      readonly kind: "confirmed";
      readonly verdict: LinkVerdict;
      /** Output lost while nobody was connected, bytes; only what earlier events of this connection have not said. */
      readonly bytesDropped: number;
      readonly heldDiscarded?: number;
    }
  /** The link is down, or an attempt failed. `attempt` is the next one; `retryAt` is wall clock milliseconds. */
  | {
      readonly kind: "lost";
      readonly attempt: number;
      readonly reason: string;
      readonly retryAt?: number;
      /** Our own renewal of the connection before its hour is over. */
      readonly planned?: true;
      /** Typed bytes that were sent on the lost connection and may not have arrived; they are never sent again. */
      readonly inDoubt?: number;
    }
  /** Typed bytes that waited were dropped: after a Ctrl-C they are not wanted any more, and a shell that has ended cannot take them. */
  | { readonly kind: "discarded"; readonly bytes: number }
  /** The server has not answered for `forMs`, and is being asked; without `forMs`: it answers again. */
  | { readonly kind: "silent"; readonly forMs?: number }
  /** Not in exact mode: the replay after a reattach was compared with what was delivered before. */
  | {
      readonly kind: "replayed";
      /** Some of the output may be there twice: it repeats itself, so that cannot be told. */
      readonly ambiguous: boolean;
      /** Output of this time may be missing, without any sign of it; wall clock milliseconds. */
      readonly missing?: TimeSpan;
    }
  /** Nobody has used the shell for `idleMs`, so there is no connection since `since` (wall clock) until somebody does. */
  | { readonly kind: "asleep"; readonly since: number; readonly idleMs: number }
  /** Waiting for something that a person can change; tried again slowly, or at once after `retryNow`. */
  | { readonly kind: "needs-credentials"; readonly message: string }
  | { readonly kind: "capacity"; readonly message: string };

export type Ending =
  | { readonly kind: "exited"; readonly exit: ShellExit }
  /** The shell cannot be had (any more). */
  | { readonly kind: "gone"; readonly error: AgentdError }
  /** Another client attached to this shell (close code 4000). */
  | { readonly kind: "taken" }
  /** The signal of `run` was aborted; the shell lives on. */
  | { readonly kind: "stopped" };

export interface UpstreamHandlers {
  /** STDOUT and STDERR frames, channel byte first, in order; only while `run` is running. */
  onFrame(frame: Uint8Array): void;
  onLink(event: LinkEvent): void;
  /** Unsent input rose above, or fell below, its marks: the shell stops, or goes on, reading its clients. */
  onInputPressure(high: boolean): void;
}
