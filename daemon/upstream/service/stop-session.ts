// StopRuntimeSession: ends a runtime session, its microVM, and everything that runs in it.
import { randomUUID } from "node:crypto";
import { AgentdError } from "../../../shared/errors.js";
import type { AgentCoreTarget } from "../target.js";
import { callService, type ServiceCallDeps } from "./service-call.js";

const ASKED = { action: "bedrock-agentcore:StopRuntimeSession", what: "stop" };

/** Our bound: a person waits. */
const STOP_LIMIT_MS = 90_000;

/**
 * Resolves when the service has ended the session.
 * @throws AgentdError `runtime_not_found` when it has none of that id (any more), `too_busy` while it is starting or ending,
 *   `throttled`, `access_denied`, or why the service was not reached.
 */
export async function stopSession(
  target: AgentCoreTarget,
  runtimeSessionId: string,
  deps: ServiceCallDeps,
): Promise<void> {
  const stop = new AbortController();
  const late = new AgentdError("timeout", "the service did not end the runtime session in time");
  const cancel = deps.clock.setTimeout(() => stop.abort(late), STOP_LIMIT_MS);
  // The token makes a repeated call the same call.
  const body = { clientToken: randomUUID() };
  const accept = "application/json";
  const call = { target, call: "stopruntimesession", asked: ASKED, runtimeSessionId, body, accept } as const;
  try {
    const response = await callService(call, deps, stop.signal);
    response.resume();
  } catch (thrown) {
    const error = AgentdError.from(thrown);
    if (error.details?.["status"] !== 404) throw error;
    const message = "the service has no such runtime session · it may have ended already";
    throw new AgentdError("runtime_not_found", message, { details: error.details });
  } finally {
    cancel();
  }
}
