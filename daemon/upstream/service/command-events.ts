// What the events of a one-shot command mean: output, its end, or a failure of the service.
import { AgentdError, type ErrorCode } from "../../../shared/errors.js";
import { printable } from "../../../shared/names.js";
import type { EventMessage } from "./event-stream-reader.js";

export type CommandEvent =
  /** As a rule of one of the two. */
  | { readonly kind: "output"; readonly stdout?: string; readonly stderr?: string }
  /** `exitCode` -1: the platform failed, the command has none. */
  | { readonly kind: "stop"; readonly exitCode: number; readonly status: "COMPLETED" | "TIMED_OUT" }
  | { readonly kind: "failed"; readonly error: AgentdError }
  /** The start, and what newer services may add. */
  | { readonly kind: "other" };

/** Names of the stream's exceptions, lower case and without "exception", and what each means. */
const EXCEPTIONS: Readonly<Record<string, ErrorCode>> = {
  accessdenied: "access_denied",
  resourcenotfound: "runtime_not_found",
  servicequotaexceeded: "capacity",
  throttling: "throttled",
  validation: "rejected",
};

/** @throws AgentdError `upstream_failed` for a payload that is not what the protocol says. */
export function commandEvent({ headers, payload }: EventMessage): CommandEvent {
  const kind = headers.get(":message-type") ?? "event";
  if (kind === "error" || kind === "exception") {
    const name = headers.get(":exception-type") ?? headers.get(":error-code") ?? "unknown";
    const said = kind === "error" ? (headers.get(":error-message") ?? "") : messageIn(payload);
    return { kind: "failed", error: failure(name, said) };
  }
  const event = parse(payload);
  const type = headers.get(":event-type");
  // The service models errors of the stream as its members, too.
  if (type !== undefined && type !== "chunk") {
    const isError = /(?:exception|error)$/i.test(type);
    return isError ? { kind: "failed", error: failure(type, messageIn(payload)) } : { kind: "other" };
  }
  const delta = record(event["contentDelta"]);
  if (delta !== undefined) {
    const { stdout, stderr } = delta;
    const output = {
      ...(typeof stdout === "string" ? { stdout } : {}),
      ...(typeof stderr === "string" ? { stderr } : {}),
    };
    if (Object.keys(output).length > 0) return { kind: "output", ...output };
  }
  const stop = record(event["contentStop"]);
  if (stop === undefined) return { kind: "other" };
  const { exitCode, status } = stop;
  if (!Number.isInteger(exitCode)) throw new AgentdError("upstream_failed", "the service told no exit code");
  return {
    kind: "stop",
    exitCode: exitCode as number,
    status: status === "TIMED_OUT" ? "TIMED_OUT" : "COMPLETED",
  };
}

function failure(name: string, said: string): AgentdError {
  const key = name.toLowerCase().replace(/exception$/, "");
  const code = Object.hasOwn(EXCEPTIONS, key) ? EXCEPTIONS[key] : undefined;
  const words = said === "" ? "" : ` · ${printable(said)}`;
  return new AgentdError(code ?? "upstream_failed", `the service failed (${printable(name, 60)})${words}`);
}

function messageIn(payload: Uint8Array): string {
  try {
    const { message, Message } = parse(payload);
    return typeof message === "string" ? message : typeof Message === "string" ? Message : "";
  } catch {
    return "";
  }
}

function parse(payload: Uint8Array): Record<string, unknown> {
  if (payload.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    throw new AgentdError("upstream_failed", "the service's answer cannot be read · an event is not JSON");
  }
  return record(value) ?? {};
}

/** A copy without a prototype: `__proto__` in hostile JSON stays inert. */
function record(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.assign(Object.create(null) as Record<string, unknown>, value);
}
