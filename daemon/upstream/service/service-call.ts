// One ordinary call of the service (an HTTP POST): signed, sent, refused in words or answered with a stream.
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { AgentdError } from "../../../shared/errors.js";
import { briefMs } from "../backoff.js";
import type { Clock } from "../clock.js";
import { abortable, InterruptibleWait } from "../interruptible.js";
import type { SocketEnd } from "../socket.js";
import type { AgentCoreTarget } from "../target.js";
import { type Trouble, troubleOfFailure } from "../trouble.js";
import { callUrl, endpointHost } from "./endpoint.js";
import { type Asked, MIN_SKEW_MS, troubleOfRefusal } from "./refusal.js";
import type { Sign } from "./sign.js";

export interface ServiceCall {
  readonly target: AgentCoreTarget;
  readonly call: "commands" | "stopruntimesession";
  readonly asked: Asked;
  readonly runtimeSessionId: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The type of a good answer. */
  readonly accept: string;
}

export interface ServiceCallDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly sign: Sign;
}

/** The same header as a shell's. */
const SESSION_HEADER = "x-amzn-bedrock-agentcore-runtime-session-id";
/** Our bound on the text of a refusal. */
const MAX_REFUSAL_BYTES = 16 * 1024;
/** A session that is being provisioned or torn down refuses with 409; a new microVM may take its time. */
const BUSY_LIMIT_MS = 60_000;
/** ... and on the time that it takes to come. */
const REFUSAL_LIMIT_MS = 5_000;
/** Our bound on the wait for the answer's head: a call may have to start a microVM first (the service allows 300 s). */
const ANSWER_LIMIT_MS = 330_000;

/**
 * The answer (status 200) as a stream, after as many attempts as are harmless: a refused call has done nothing, so it is made
 * again with corrected time, with fresh credentials, and while the session is busy.
 * @throws AgentdError why not; `details.status` is that of a refusal. With the signal's reason when it aborts.
 */
export async function callService(
  call: ServiceCall,
  deps: ServiceCallDeps,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { clock, random } = deps;
  const startedAt = clock.monotonic();
  let clockOffsetMs = 0;
  let fresh = false;
  for (;;) {
    const answer = await callOnce(call, deps, { clockOffsetMs, fresh }, signal);
    if (answer.kind === "answered") return answer.response;
    const { error, policy, pace, clockOffsetMs: offset } = answer.trouble;
    const elapsedMs = clock.monotonic() - startedAt;
    if (offset !== undefined && Math.abs(offset - clockOffsetMs) > MIN_SKEW_MS && clockOffsetMs === 0) {
      clockOffsetMs = offset;
    } else if (policy === "credentials" && !fresh) {
      fresh = true;
    } else if (pace === "brief" && elapsedMs < BUSY_LIMIT_MS) {
      await new InterruptibleWait(clock).wait(briefMs(elapsedMs, random()), signal);
      signal.throwIfAborted();
    } else {
      throw pace === "brief"
        ? new AgentdError("too_busy", error.message, { details: error.details ?? {} })
        : error;
    }
  }
}

type Answer =
  | { readonly kind: "answered"; readonly response: IncomingMessage }
  | { readonly kind: "refused"; readonly trouble: Trouble };

async function callOnce(
  call: ServiceCall,
  { clock, sign }: ServiceCallDeps,
  attempt: { readonly clockOffsetMs: number; readonly fresh: boolean },
  signal: AbortSignal,
): Promise<Answer> {
  const { target, asked } = call;
  const url = callUrl(target, call.call);
  const post = Buffer.from(JSON.stringify(call.body));
  const headers = {
    [SESSION_HEADER]: call.runtimeSessionId,
    "content-type": "application/json",
    accept: call.accept,
  };
  const signed = await abortable(sign({ target, url, headers, post, ...attempt }), signal);
  const response = await send(url, { ...signed, "content-length": String(post.length) }, post, signal);
  if ("kind" in response)
    return { kind: "refused", trouble: troubleOfFailure(response, endpointHost(target)) };
  if (response.statusCode === 200) return { kind: "answered", response };
  const refused = {
    kind: "refused" as const,
    status: response.statusCode ?? 0,
    headers: textHeaders(response),
    body: await refusalText(response, clock),
  };
  signal.throwIfAborted();
  return { kind: "refused", trouble: troubleOfRefusal(refused, target.runtimeArn, clock.now(), asked) };
}

/** Redirects are not followed: signed headers go only to the host that they were signed for. */
function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<IncomingMessage | Extract<SocketEnd, { kind: "failed" }>> {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const fail = (code: string, message: string) => resolve({ kind: "failed", code, message });
    let sent: ClientRequest;
    try {
      sent = request(url, { method: "POST", headers, agent: false, signal }, (response) => {
        sent.setTimeout(0);
        resolve(response);
      });
    } catch (error) {
      // Headers that Node refuses to send.
      return fail("EINVAL", error instanceof Error ? error.message : "not a valid request");
    }
    sent.setTimeout(ANSWER_LIMIT_MS, () => sent.destroy(new Error("no answer in time")));
    sent.on("error", (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason);
      else fail(error.code ?? "EPROTO", error.message);
    });
    sent.end(body);
  });
}

/** As much of the body as comes within the bounds. */
async function refusalText(response: IncomingMessage, clock: Clock): Promise<string> {
  let text = "";
  const cancel = clock.setTimeout(() => response.destroy(), REFUSAL_LIMIT_MS);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      text += chunk.toString("utf8");
      if (text.length >= MAX_REFUSAL_BYTES) break;
    }
  } catch {
    // What came is all there is to read.
  } finally {
    cancel();
  }
  return text.slice(0, MAX_REFUSAL_BYTES);
}

function textHeaders({ headers }: IncomingMessage): Record<string, string> {
  const texts = Object.entries(headers).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}
