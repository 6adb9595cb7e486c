// What a request asks for: its path and query, the ids it names, and the rules for those.
import type { IncomingMessage } from "node:http";

export type Operation = "shell" | "command" | "stop-session";

/** A request target of the AgentCore surface. */
export interface Route {
  readonly operation: Operation;
  readonly arn: string;
  /** Still percent-encoded, exactly as received: signatures cover it. */
  readonly rawPath: string;
  readonly query: URLSearchParams;
}

/** Session id: header name and query parameter (lower case and as written). */
export const SESSION_HEADER = "x-amzn-bedrock-agentcore-runtime-session-id";
const SESSION_PARAMETER = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id";

const operations: Readonly<Record<string, Operation>> = {
  "ws/shells": "shell",
  commands: "command",
  stopruntimesession: "stop-session",
};

/** The route of a request target, or undefined when there is none. The ARN may be raw or percent-encoded. */
export function parseRoute(target: string): Route | undefined {
  const [rawPath = "", rawQuery = ""] = split(target, "?");
  const match = /^\/runtimes\/(.+)\/(ws\/shells|commands|stopruntimesession)$/.exec(rawPath);
  const operation = operations[match?.[2] ?? ""];
  if (match?.[1] === undefined || operation === undefined) return undefined;
  try {
    return { operation, arn: decodeURIComponent(match[1]), rawPath, query: new URLSearchParams(rawQuery) };
  } catch {
    return undefined;
  }
}

const ARN =
  /^arn:aws[a-z-]*:bedrock-agentcore:([a-z0-9-]+):\d{12}:(?:runtime|harness)\/[A-Za-z0-9_-]{1,128}$/;

export function isRuntimeArn(arn: string): boolean {
  return ARN.test(arn);
}

/** The region in a well-formed ARN. */
export function regionOf(arn: string): string | undefined {
  return ARN.exec(arn)?.[1];
}

/** The session ids that a request gives, in the header and in the query. */
export function sessionIdsOf(
  request: IncomingMessage,
  query: URLSearchParams,
): { header: string | undefined; query: string | undefined } {
  const header = request.headers[SESSION_HEADER];
  return {
    header: typeof header === "string" && header !== "" ? header : undefined,
    query: query.get(SESSION_PARAMETER) ?? query.get(SESSION_HEADER) ?? undefined,
  };
}

/** From the protocol: at least 33 characters; 256 is the published command line's upper bound. Which characters: visible ASCII. */
export function isSessionId(id: string): boolean {
  return /^[\x21-\x7e]{33,256}$/.test(id);
}

/** From the protocol: 1..128 of `[A-Za-z0-9_-]`; `strict` also wants a letter or digit first. */
export function isValidShellId(id: string, pattern: "loose" | "strict"): boolean {
  return /^[A-Za-z0-9_-]{1,128}$/.test(id) && (pattern === "loose" || /^[A-Za-z0-9]/.test(id));
}

function split(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
