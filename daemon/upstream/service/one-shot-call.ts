// InvokeAgentRuntimeCommand: runs one command in a runtime session, and hands on its output as it comes.
import { AgentdError } from "../../../shared/errors.js";
import type { AgentCoreTarget } from "../target.js";
import { type CommandEvent, commandEvent } from "./command-events.js";
import { EventStreamReader } from "./event-stream-reader.js";
import { callService, type ServiceCallDeps } from "./service-call.js";

export interface OneShotCall {
  readonly target: AgentCoreTarget;
  readonly runtimeSessionId: string;
  /** 1..65,536 bytes. */
  readonly command: string;
  /** 1..3600; absent: the service's 300. */
  readonly timeoutSeconds?: number;
  /** Resolves when more may come: whoever reads slowly holds the service, not our memory. */
  onOutput(stream: "stdout" | "stderr", text: string): Promise<void> | undefined;
}

export type OneShotEnd = Extract<CommandEvent, { kind: "stop" }>;

const ASKED = { action: "bedrock-agentcore:InvokeAgentRuntimeCommand", what: "command" };

/**
 * Resolves with how the command ended.
 * @throws AgentdError why it did not run, or why its end is not known; the signal's reason when it aborts.
 */
export async function runOneShot(
  call: OneShotCall,
  deps: ServiceCallDeps,
  signal: AbortSignal,
): Promise<OneShotEnd> {
  const { target, runtimeSessionId, command, timeoutSeconds } = call;
  const body = { command, ...(timeoutSeconds === undefined ? {} : { timeout: timeoutSeconds }) };
  const accept = "application/vnd.amazon.eventstream";
  const request = { target, call: "commands", asked: ASKED, runtimeSessionId, body, accept } as const;
  const response = await callService(request, deps, signal);
  const reader = new EventStreamReader();
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      for (const message of reader.push(chunk)) {
        const event = commandEvent(message);
        if (event.kind === "output") {
          if (event.stdout !== undefined) await call.onOutput("stdout", event.stdout);
          if (event.stderr !== undefined) await call.onOutput("stderr", event.stderr);
        }
        if (event.kind === "failed") throw event.error;
        if (event.kind === "stop") return event;
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AgentdError) throw error;
    throw unknownEnd((error as NodeJS.ErrnoException).code ?? "the connection broke");
  } finally {
    response.destroy();
  }
  throw unknownEnd("its answer stopped in the middle");
}

function unknownEnd(why: string): AgentdError {
  return new AgentdError("upstream_failed", `the command's end is not known · ${why}`);
}
