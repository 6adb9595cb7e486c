// NOTICE payloads (channel 0x11): what happened to the shell, as JSON. The client turns them into its one dim line.
import { Channel } from "./channel.js";
import { encodeTextFrame } from "./frame.js";
import type { SizePolicy } from "./size.js";
import type { ShellExit } from "./status.js";

/** After a reconnect: is this the shell we had? `unknown` when the service does not tell. */
export type Verdict = "same" | "new" | "unknown";

/** ISO 8601. */
export interface NoticeSpan {
  readonly from: string;
  readonly to: string;
}

/**
 * The link is back. `bytesLost`: output that is known to be lost; `counted`: the server counts its output, so that is all.
 * `heldDiscarded`: typed bytes that were not sent; `inDoubt`: see `lost`.
 */
export interface BackNotice {
  readonly kind: "back";
  readonly verdict: Verdict;
  readonly bytesLost: number;
  readonly counted?: true;
  readonly heldDiscarded?: number;
  readonly inDoubt?: number;
}

/** The same shell, and neither output nor typing was lost. */
export function isHarmless({ verdict, bytesLost, heldDiscarded, inDoubt }: BackNotice): boolean {
  return verdict === "same" && bytesLost === 0 && (heldDiscarded ?? inDoubt) === undefined;
}

export type Notice =
  /**
   * The link is down. `retryAt`: ISO 8601, absent while an attempt is under way. `held`: typed bytes that wait for the link.
   * `inDoubt`: the last bytes typed before the loss, which may not have arrived and are never sent again.
   */
  | {
      readonly kind: "lost";
      readonly attempt: number;
      readonly reason: string;
      readonly retryAt?: string;
      readonly held?: number;
      readonly inDoubt?: number;
    }
  /** The runtime has not answered for so long, and is being asked; without `seconds`: it answers again. */
  | { readonly kind: "silent"; readonly seconds?: number }
  /**
   * What a reattach replayed, where the server does not count its output. `missing`: output of that time (ISO 8601) may be
   * missing. `ambiguous`: some may be there twice. `back`: what the return has told a moment before, so that one line
   * can say all of it.
   */
  | {
      readonly kind: "replayed";
      readonly ambiguous: boolean;
      readonly missing?: NoticeSpan;
      readonly back?: BackNotice;
    }
  /** Typed bytes that were not sent and never will be. */
  | { readonly kind: "discarded"; readonly bytes: number }
  /** A long paste is on its way: so many bytes of it were sent; all of them: it is done. */
  | { readonly kind: "sending"; readonly sent: number; readonly total: number }
  | BackNotice
  /** Waiting for something that the person can change. */
  | { readonly kind: "waiting"; readonly reason: "credentials" | "capacity"; readonly message: string }
  /** Another tool took the shell upstream (close code 4000). */
  | { readonly kind: "taken" }
  /** The shell now has this size. `leads`: this client typed last. `policy`: what decides the size; absent: `latest`. */
  | {
      readonly kind: "resized";
      readonly cols: number;
      readonly rows: number;
      readonly leads: boolean;
      readonly policy?: SizePolicy;
    }
  /**
   * The output stands at `offset` for this client: it was not sent some bytes (questions to a terminal that is not its to
   * answer), so it cannot count them.
   */
  | { readonly kind: "position"; readonly offset: number }
  /** This client was behind and `bytes` of output were not shown; a snapshot follows. */
  | { readonly kind: "skipped"; readonly bytes: number }
  /** A program wanted to write the clipboard, so many bytes, and was not let; at most one in 5 s. */
  | { readonly kind: "blocked"; readonly what: "clipboard"; readonly bytes: number }
  /** The shell ended; the last frame of the stream. */
  | { readonly kind: "ended"; readonly exit: ShellExit; readonly durationMs: number }
  /** The shell cannot be had any more; the last frame of the stream. */
  | { readonly kind: "gone"; readonly message: string }
  /** This client is no longer attached; the last frame of the stream. `elsewhere`: by `agentd detach`; `other`: --detach-others. */
  | {
      readonly kind: "detached";
      readonly reason: "key" | "elsewhere" | "other" | "taken" | "stopping" | "restarting";
    };

/** What a client may say on the NOTICE channel: make me the leader. */
export type ClientNotice = { readonly kind: "lead" };

const decoder = new TextDecoder();

export function encodeNotice(notice: Notice | ClientNotice): Uint8Array {
  return encodeTextFrame(Channel.Notice, JSON.stringify(notice));
}

/** The notice in a payload, or undefined when it is not JSON with a `kind`. An unknown kind is returned: callers ignore it. */
export function decodeNotice(payload: Uint8Array): Notice | undefined {
  return decode(payload) as Notice | undefined;
}

export function decodeClientNotice(payload: Uint8Array): ClientNotice | undefined {
  const value = decode(payload);
  return value?.kind === "lead" ? { kind: "lead" } : undefined;
}

function decode(payload: Uint8Array): { kind: string } | undefined {
  try {
    const value = JSON.parse(decoder.decode(payload)) as { kind?: unknown } | null;
    return typeof value?.kind === "string" ? (value as { kind: string }) : undefined;
  } catch {
    return undefined;
  }
}
