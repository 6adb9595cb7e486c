// Who may use the runtime: signed requests, bearer tokens in a header or a subprotocol, and what a refusal looks like.
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Knobs } from "./knobs.js";
import { Rejection } from "./rejection.js";
import { type Route, regionOf } from "./route.js";
import type { Access } from "./runtime-config.js";
import { verifySignature } from "./sigv4.js";

/** From the protocol: browsers cannot set headers, so the token is offered as a subprotocol beside this sentinel. */
export const BEARER_SUBPROTOCOL = "base64UrlBearerAuthorization";
/** From the published clients: the longest encoded token in a subprotocol. */
const MAX_ENCODED_TOKEN = 4096;

export interface AuthorizeOptions {
  readonly access: Access;
  readonly knobs: Pick<Knobs, "clockSkewSeconds" | "presignMaxSeconds">;
  readonly port: number | undefined;
  readonly now: Date;
}

/**
 * Returns when the request may go on.
 * @throws Rejection 403 for missing or bad signatures, 401 for missing or bad bearer tokens.
 */
export function authorize(
  request: IncomingMessage,
  route: Route,
  body: Uint8Array,
  { access, knobs, port, now }: AuthorizeOptions,
): void {
  if (access.kind === "none") {
    // Without keys the only thing between a web page and a shell is that browsers name their origin.
    if (request.headers.origin === undefined) return;
    throw new Rejection("AccessDeniedException", "requests from web pages need credentials");
  }
  const token = bearerToken(request);
  if (token !== undefined) {
    if (access.bearerTokens.some((known) => sameSecret(known, token))) return;
    throw unauthorized(request, route, "the bearer token is not valid");
  }
  const fault = verifySignature(
    {
      method: request.method ?? "GET",
      rawPath: route.rawPath,
      query: route.query,
      headers: request.headers,
      body,
    },
    { credentials: access.credentials, region: regionOf(route.arn) ?? "", port, now, ...knobs },
  );
  if (fault === undefined) return;
  if (fault !== "missing") throw new Rejection("AccessDeniedException", fault.reason);
  // A runtime with a token authorizer asks for a token, one with IAM says only no.
  if (access.credentials.length === 0) throw unauthorized(request, route, "the bearer token is missing");
  throw new Rejection("AccessDeniedException", "missing authentication token");
}

/** The token of `Authorization: Bearer`, or of the subprotocol form. */
function bearerToken(request: IncomingMessage): string | undefined {
  const header = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (header !== undefined) return header;
  const prefix = `${BEARER_SUBPROTOCOL}.`;
  const offers = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((offer) => offer.trim());
  const encoded = offers.find((offer) => offer.startsWith(prefix))?.slice(prefix.length);
  if (encoded === undefined || encoded.length > MAX_ENCODED_TOKEN) return undefined;
  return Buffer.from(encoded, "base64url").toString("utf8");
}

function unauthorized(request: IncomingMessage, route: Route, message: string): Rejection {
  const qualifier = encodeURIComponent(route.query.get("qualifier") ?? "DEFAULT");
  const host = /^[A-Za-z0-9.:[\]-]*$/.exec(request.headers.host ?? "")?.[0] ?? "";
  const path = `/runtimes/${encodeURIComponent(route.arn)}/invocations/.well-known/oauth-protected-resource`;
  const challenge = `Bearer resource_metadata="https://${host}${path}?qualifier=${qualifier}"`;
  return new Rejection("UnauthorizedException", message, { headers: { "www-authenticate": challenge } });
}

/** Compares hashes, so that neither length nor content shows in the time it takes. */
function sameSecret(known: string, given: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(known), hash(given));
}
