// What to do when a connection has ended: the one table from how it ended to retry, wait or stop.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { ShellExit } from "../../shared/status.js";
import { backoffMs, briefMs, jittered } from "./backoff.js";
import type { Ending } from "./link.js";
import { endpointHost } from "./service/endpoint.js";
import { MIN_SKEW_MS, troubleOfRefusal } from "./service/refusal.js";
import type { SocketEnd } from "./socket.js";
import type { UpstreamTarget } from "./target.js";
import { type Pace, type Trouble, troubleOfFailure, troubleOfLocal } from "./trouble.js";

/** How one connection ended, from signing to its last byte. */
export type ConnectionEnd =
  | { readonly kind: "unsigned"; readonly error: AgentdError }
  | Extract<SocketEnd, { kind: "refused" | "failed" }>
  | ConnectionClosed
  /** A new shell answered where only the old one was wanted. */
  | { readonly kind: "replaced" }
  /** We closed it ourselves, to make it again before its hour is over. */
  | { readonly kind: "rotated"; readonly ageMs: number }
  /** `ageMs`: since the 101; absent: it was stopped before there was one. */
  | { readonly kind: "stopped"; readonly ageMs?: number };

export interface ConnectionClosed {
  readonly kind: "closed";
  readonly code: number;
  readonly reason: string;
  /** Since the 101. */
  readonly ageMs: number;
  /** From a termination STATUS. */
  readonly exit?: ShellExit;
  /** The server sent CLOSE (0xFF). */
  readonly closeFrame: boolean;
  /** We sent CLOSE (0xFF): a kill. */
  readonly killed: boolean;
  /** Output or a confirmation came. */
  readonly started: boolean;
}

export interface OutcomeContext {
  readonly target: UpstreamTarget;
  /** A shell is at stake: it existed before, or was connected to. */
  readonly known: boolean;
  /** Number of the attempt that ended, from 1 since the loss. */
  readonly attempt: number;
  /** How long there has been no connection. */
  readonly sinceLossMs: number;
  /** This connection was made to learn why the one before ended normally. */
  readonly learning: boolean;
  /** Age at which the server cuts a connection. */
  readonly connectionTtlMs: number;
  /** What was added to our clock for the signature of this attempt: from an earlier answer, and stale when our clock was set since. */
  readonly signedOffsetMs: number;
  /** Wall clock, milliseconds. */
  readonly nowMs: number;
}

export type Outcome =
  | {
      readonly kind: "retry";
      readonly pace: Pace;
      /** For people: why the link is down. */
      readonly reason: string;
      /** We closed it ourselves, at a quiet moment, before the hour is over: nobody needs to hear of it. */
      readonly planned?: true;
      /** Connect only to learn whether the old shell is still there. */
      readonly learn?: true;
      /** The server complained: send slower, or shorter frames. */
      readonly cure?: "slower" | "shorter";
      readonly clockOffsetMs?: number;
    }
  | { readonly kind: "wait"; readonly for: "credentials" | "capacity"; readonly error: AgentdError }
  | { readonly kind: "end"; readonly ending: Ending };

/** From this share of its limit on (59 of 60 minutes), an end without a reason is the limit. */
const NEAR_TTL = 59 / 60;

/** A connection that lived so long has shown that its shell is there: a normal end says nothing more of it. */
const LEARNED_MS = 10_000;

/** A shell that never came to life is given up after this long, for reasons that usually heal. */
const FIRST_CONNECT_MS = 60_000;
/** But not before this many attempts: one that waits for a microVM alone may take longer. */
const FIRST_CONNECT_ATTEMPTS = 3;

/** Milliseconds before the next attempt. @param random 0..1 */
export function delayOf(pace: Pace, attempt: number, sinceLossMs: number, random: number): number {
  switch (pace) {
    case "now":
      return 0;
    case "spread": // A server that goes away drops all its shells at once: do not come back all at once.
      return 2_000 * random;
    case "brief":
      return briefMs(sinceLossMs, random);
    case "backoff":
      return backoffMs(attempt, sinceLossMs, random);
    case "later": // The same without the immediate first try.
      return backoffMs(Math.max(2, attempt), sinceLossMs, random);
    case "seldom":
      return jittered(30_000, random);
  }
}

/** The table. Pure: no case depends on anything but its arguments. */
export function outcomeOf(end: ConnectionEnd, context: OutcomeContext): Outcome {
  switch (end.kind) {
    case "stopped":
      return { kind: "end", ending: { kind: "stopped" } };
    case "rotated":
      return { kind: "retry", pace: "now", reason: "renewing the connection", planned: true };
    case "replaced":
      return exited(unknownExit("the connection ended normally, and a new shell answered"));
    case "unsigned":
      return outcomeOfTrouble({ policy: "credentials", pace: "seldom", error: end.error }, context);
    case "refused":
    case "failed":
      return outcomeOfTrouble(troubleOf(end, context), context);
    case "closed":
      return outcomeOfClose(end, context);
  }
}

function troubleOf(end: Exclude<SocketEnd, { kind: "closed" }>, context: OutcomeContext): Trouble {
  const { target } = context;
  if (target.kind === "local") return troubleOfLocal(end, context.attempt);
  if (end.kind === "failed") return troubleOfFailure(end, endpointHost(target));
  return troubleOfRefusal(end, target.runtimeArn, context.nowMs);
}

function outcomeOfTrouble(trouble: Trouble, context: OutcomeContext): Outcome {
  const { policy, pace, error, clockOffsetMs } = trouble;
  if (clockOffsetMs !== undefined && Math.abs(clockOffsetMs - context.signedOffsetMs) > MIN_SKEW_MS) {
    // A second correction has time: a service whose clock runs wild must not make us knock in a loop.
    const soon = context.signedOffsetMs === 0 ? "now" : "backoff";
    return { kind: "retry", pace: soon, reason: error.message, clockOffsetMs };
  }
  const patient =
    context.known || context.sinceLossMs < FIRST_CONNECT_MS || context.attempt < FIRST_CONNECT_ATTEMPTS;
  const heals = policy === "retry" && patient;
  if (policy === "fatal" || (!context.known && !heals)) return gone(error);
  if (policy === "credentials" || policy === "capacity") return { kind: "wait", for: policy, error };
  return { kind: "retry", pace, reason: error.message };
}

function outcomeOfClose(end: ConnectionClosed, context: OutcomeContext): Outcome {
  if (end.exit !== undefined) {
    // InternalError before anything else is a shell that could not be started; the service calls that transient.
    const failedToStart = end.exit.kind === "unknown" && end.code === 1011 && !end.started && !end.killed;
    if (!failedToStart) return exited(end.exit);
  }
  // A kill counts only when the server answered it; a connection that broke says nothing.
  if (end.killed && (end.closeFrame || end.code === 1000)) return exited(unknownExit("killed"));
  const nearTtl = end.ageMs >= NEAR_TTL * context.connectionTtlMs;
  const reason = reasonOf(end);
  switch (end.code) {
    case 4000:
      return { kind: "end", ending: { kind: "taken" } };
    case 1000:
      if (nearTtl) return { kind: "retry", pace: "now", reason };
      if (end.closeFrame) return { kind: "retry", pace: "spread", reason };
      if (context.learning && end.ageMs < LEARNED_MS)
        return exited(unknownExit("the connection ended normally, twice"));
      return { kind: "retry", pace: "now", reason, learn: true };
    case 1001:
      return { kind: "retry", pace: "spread", reason };
    case 1003:
      return gone(
        new AgentdError("upstream_failed", "the service refused our frames (1003) · please report this"),
      );
    case 1008:
      // Too many frames or a reader too slow: come back later and more quietly. The code does not tell them from the hour.
      return nearTtl
        ? { kind: "retry", pace: "now", reason }
        : { kind: "retry", pace: "later", reason, cure: "slower" };
    case 1009:
      return { kind: "retry", pace: "backoff", reason, cure: "shorter" };
    case 1011:
    case 1012:
    case 1013:
    case 1014:
      return { kind: "retry", pace: "later", reason };
    default:
      return { kind: "retry", pace: nearTtl ? "now" : "backoff", reason };
  }
}

const CLOSE_WORDS: Readonly<Record<number, string>> = {
  1000: "the service ended the connection",
  1001: "the service is going away",
  1006: "the connection broke",
  1008: "the service cut the connection",
  1009: "a frame was too long",
  1011: "the service failed",
  1012: "the service is restarting",
  1013: "the service is busy",
};

function reasonOf({ code, reason }: ConnectionClosed): string {
  const words = CLOSE_WORDS[code] ?? `the connection was closed (${code})`;
  return reason === "" ? words : `${words} · ${printable(reason, 120)}`;
}

function exited(exit: ShellExit): Outcome {
  return { kind: "end", ending: { kind: "exited", exit } };
}

function gone(error: AgentdError): Outcome {
  return { kind: "end", ending: { kind: "gone", error } };
}

function unknownExit(message: string): ShellExit {
  return { kind: "unknown", message };
}
