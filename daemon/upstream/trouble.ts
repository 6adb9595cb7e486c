// A connection attempt that got no shell: what it means, before it is known whether a shell is at stake.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { SocketEnd } from "./socket.js";

/** How soon to try again; see outcome.ts for the milliseconds. */
export type Pace = "now" | "spread" | "brief" | "backoff" | "later" | "seldom";

export interface Trouble {
  /**
   * `fatal`: no attempt will do better. `first-fatal`: so for a shell that never was; an existing one is worth waiting
   * for. `credentials`, `capacity`: the same, and a person can change it. `retry`: it heals by itself.
   */
  readonly policy: "fatal" | "first-fatal" | "credentials" | "capacity" | "retry";
  readonly pace: Pace;
  readonly error: AgentdError;
  /** The service's clock minus ours: worth another attempt when this one was signed with a different value. */
  readonly clockOffsetMs?: number;
}

/** OpenSSL's and Node's words for a certificate that does not verify. */
const CERTIFICATE_CODES = new Set([
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Nobody was reached: with a shell that never was, probably a wrong name or no network. */
const UNREACHABLE_CODES: Readonly<Record<string, string>> = {
  EAI_AGAIN: "its name cannot be looked up",
  ENOTFOUND: "its name does not exist",
  ECONNREFUSED: "the connection was refused",
  EHOSTUNREACH: "no way to that host",
  ENETUNREACH: "no network",
};

/** The request of an attempt that failed with `code` was not even sent. */
export function neverArrived(code: string): boolean {
  return code === "EINVAL" || CERTIFICATE_CODES.has(code) || Object.hasOwn(UNREACHABLE_CODES, code);
}

/** What a failed connection attempt to `host` means. */
export function troubleOfFailure(failed: Extract<SocketEnd, { kind: "failed" }>, host: string): Trouble {
  const shownHost = printable(host);
  const reason = UNREACHABLE_CODES[failed.code];
  if (CERTIFICATE_CODES.has(failed.code)) {
    const message = `the certificate of ${shownHost} is not trusted (${failed.code}) · a proxy? agentd doctor says how to trust it`;
    return {
      policy: "first-fatal",
      pace: "backoff",
      error: new AgentdError("untrusted_certificate", message),
    };
  }
  if (reason !== undefined) {
    const error = new AgentdError("unreachable", `cannot reach ${shownHost} · ${reason}`);
    return { policy: "first-fatal", pace: "backoff", error };
  }
  const why = printable(failed.message || failed.code, 100);
  const error = new AgentdError("unreachable", `cannot connect to ${shownHost} · ${why}`);
  return { policy: "retry", pace: "backoff", error };
}

/** The same for the local runtime's socket: when nobody serves it, its shells died with it. */
export function troubleOfLocal(end: Exclude<SocketEnd, { kind: "closed" }>, attempt: number): Trouble {
  if (end.kind === "refused") {
    const ended = end.status === 404;
    const error = ended
      ? new AgentdError("shell_ended", "the local runtime does not have this shell any more")
      : new AgentdError("upstream_failed", `the local runtime answered ${end.status}`);
    return { policy: ended ? "fatal" : "retry", pace: "backoff", error };
  }
  const nobody = end.code === "ENOENT" || end.code === "ECONNREFUSED";
  if (nobody && attempt >= LOCAL_ATTEMPTS) {
    const error = new AgentdError("shell_ended", "the local runtime is gone, and the shell with it");
    return { policy: "fatal", pace: "backoff", error };
  }
  const error = new AgentdError("unreachable", `cannot reach the local runtime (${printable(end.code, 40)})`);
  return { policy: "retry", pace: "backoff", error };
}

/** Two tries over about a second: nothing but a runtime that has ended leaves its socket unserved for longer. */
const LOCAL_ATTEMPTS = 3;
