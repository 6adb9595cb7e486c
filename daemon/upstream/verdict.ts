// Is this the shell we had? Decided from what the server says at the 101 and in a confirmation.
import type { Have, LinkVerdict } from "./link.js";
import type { UpstreamIds } from "./target.js";

export interface OpenFacts {
  /** Nothing under these ids was ever connected to: whatever answers is the shell we want. */
  readonly first: boolean;
  readonly asked: UpstreamIds;
  /** From the 101's headers; absent when it had none. */
  readonly answered: Partial<UpstreamIds>;
  readonly have: Have | undefined;
  /** Exact mode: the epoch in the 101. */
  readonly epoch: string | undefined;
  /** The server was told not to create a shell, and is known to obey. */
  readonly attachOnly: boolean;
}

/** The verdict at the 101. `unknown` may still become `same` or `new` with a confirmation. */
export function verdictAtOpen(facts: OpenFacts): LinkVerdict {
  if (facts.first) return "first";
  if (facts.epoch !== undefined && facts.have !== undefined) {
    return facts.epoch === facts.have.epoch ? "same" : "new";
  }
  if (differs(facts.asked.shellId, facts.answered.shellId)) return "new";
  // The same shell id in another session is another shell in another machine.
  if (differs(facts.asked.runtimeSessionId, facts.answered.runtimeSessionId)) return "new";
  return facts.attachOnly ? "same" : "unknown";
}

/**
 * The verdict after a confirmation STATUS. What was decided stays decided; a second one may omit `reconnected`.
 * @param inDoubt the service may have reconnected us to a shell that we have never seen
 */
export function verdictAfterConfirmation(
  verdict: LinkVerdict,
  reconnected: boolean | undefined,
  inDoubt: boolean,
): LinkVerdict {
  if (verdict !== "unknown" || reconnected === undefined) return verdict;
  if (reconnected) return inDoubt ? "unknown" : "same";
  return "new";
}

function differs(asked: string, answered: string | undefined): boolean {
  return answered !== undefined && answered !== asked;
}
