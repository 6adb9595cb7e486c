// What the holder of a link is told of a call that failed: what it means for its shell, and nothing that names what is the owner's.
import { AgentdError, type ErrorCode } from "../../shared/errors.js";
import type { WebPass } from "./pass.js";

/** About the caller's own words, so they name nothing else. */
const AS_THEY_ARE: ReadonlySet<ErrorCode> = new Set([
  "parse_error",
  "invalid_request",
  "invalid_params",
  "method_not_found",
  "protocol_mismatch",
]);

const WORDS: Partial<Record<ErrorCode, string>> = {
  shell_not_found: "this shell is not there any more",
  shell_ended: "this shell has ended",
  shell_not_live: "this shell has no link now · it is tried again",
  shell_busy: "this shell is busy · try again in a moment",
  read_only: "this shell may only be looked at here",
  too_large: "this is too much at once",
  too_busy: "agentd is busy · try again in a moment",
  timeout: "agentd is busy · try again in a moment",
  throttled: "agentd is busy · try again in a moment",
  daemon_stopping: "agentd is ending",
};

/** The code stays. Reasons and suggestions name accounts, files, addresses and other shells: those are told to the owner alone. */
export function errorFor({ kind }: WebPass, error: unknown): unknown {
  if (kind === "owner" || !(error instanceof AgentdError)) return error;
  // Inside the daemon it is given a reference and no words.
  if (error.code === "internal") return error;
  if (AS_THEY_ARE.has(error.code)) return new AgentdError(error.code, error.message);
  return new AgentdError(error.code, WORDS[error.code] ?? "it cannot be done now · its owner can see why");
}
