// One line into one JSON-RPC request, or the reason why not.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { CallId } from "./call-gate.js";
import { isShallowJson } from "./json-depth.js";

const MAX_DEPTH = 32;
const MAX_ID_CHARACTERS = 64;
const MAX_METHOD_CHARACTERS = 64;

const decoder = new TextDecoder("utf-8", { fatal: true });

export interface Request {
  readonly jsonrpc: "2.0";
  readonly id: CallId;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A line that is no request; `id` when it could be read, so that the sender learns which call failed. */
export class BadRequest {
  readonly error: AgentdError;
  readonly id: CallId | null;

  constructor(error: AgentdError, id: CallId | null = null) {
    this.error = error;
    this.id = id;
  }
}

/**
 * Reads a line. Depth and batches are refused before anything is parsed: their cost is what makes them dangerous.
 * Notifications are refused: every method either changes something or has an answer, and both are worth saying.
 */
export function readRequest(line: Uint8Array): Request | BadRequest {
  if (line.find((byte) => byte > 0x20) === 0x5b)
    return invalid("batches are not supported · send one call a line");
  if (!isShallowJson(line, MAX_DEPTH)) {
    return new BadRequest(new AgentdError("parse_error", `the JSON nests deeper than ${MAX_DEPTH}`));
  }
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(line));
  } catch {
    return new BadRequest(new AgentdError("parse_error", "the line is not JSON in UTF-8"));
  }
  if (!isRecord(value)) return invalid("a call is a JSON object");
  const id = own(value, "id");
  if (!isCallId(id))
    return invalid(`a call needs an id: a string of 1 to ${MAX_ID_CHARACTERS} or a safe integer`);
  if (own(value, "jsonrpc") !== "2.0") return invalid('a call carries "jsonrpc":"2.0"', id);
  const method = own(value, "method");
  if (typeof method !== "string" || method.length > MAX_METHOD_CHARACTERS)
    return invalid("a call names a method", id);
  const params = Object.hasOwn(value, "params") ? own(value, "params") : {};
  if (!isRecord(params)) {
    const error = new AgentdError("invalid_params", `${printable(method)}: params must be an object`);
    return new BadRequest(error, id);
  }
  return { jsonrpc: "2.0", id, method, params };
}

function invalid(message: string, id: CallId | null = null): BadRequest {
  return new BadRequest(new AgentdError("invalid_request", message), id);
}

function isCallId(value: unknown): value is CallId {
  return typeof value === "string"
    ? value !== "" && value.length <= MAX_ID_CHARACTERS
    : Number.isSafeInteger(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Own properties only: `__proto__` and `constructor` in hostile JSON stay inert. */
function own(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
