// Verification of AWS Signature Version 4, in headers and in presigned URLs, for the service `bedrock-agentcore`.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const ALGORITHM = "AWS4-HMAC-SHA256";
const SERVICE = "bedrock-agentcore";

/** Everything of a request that a signature covers. */
export interface SignedRequest {
  readonly method: string;
  /** The path as received, percent-encoded once. */
  readonly rawPath: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

export interface SignatureRules {
  readonly credentials: readonly {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  }[];
  /** The only region accepted: the one in the ARN. */
  readonly region: string;
  /** The listener's port: clients sign the host with or without it. */
  readonly port: number | undefined;
  readonly now: Date;
  readonly clockSkewSeconds: number;
  readonly presignMaxSeconds: number;
}

/** What is wrong, in words for the caller; undefined: the signature is good. `missing`: there is none. */
export type SignatureFault = "missing" | { readonly reason: string } | undefined;

/** One signature's parameters, wherever they were written. */
interface Claim {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly date: string;
  readonly token: string | undefined;
  /** Seconds; only presigned URLs have it. */
  readonly expires: number | undefined;
}

export function verifySignature(request: SignedRequest, rules: SignatureRules): SignatureFault {
  const claim = claimInHeaders(request) ?? claimInQuery(request);
  if (claim === undefined) return "missing";
  const [accessKeyId, day = "", region, service, end, ...more] = claim.credential.split("/");
  const key = rules.credentials.find((candidate) => candidate.accessKeyId === accessKeyId);
  if (key === undefined) return { reason: "the access key is not known" };
  if (region !== rules.region || service !== SERVICE || end !== "aws4_request" || more.length > 0)
    return { reason: "the credential scope is wrong" };
  if (key.sessionToken !== claim.token) return { reason: "the security token is not valid" };
  const late = timeFault(claim, day, rules);
  if (late !== undefined) return { reason: late };
  const signed = claim.signedHeaders.split(";");
  if (!signed.includes("host")) return { reason: "the host header is not signed" };
  const payloadHash = payloadHashOf(request);
  if (payloadHash === undefined) return { reason: "the content hash does not match the body" };
  const scope = `${day}/${region}/${service}/aws4_request`;
  const signingKey = [day, rules.region, SERVICE, "aws4_request"].reduce<Buffer | string>(
    (parent, part) => hmac(parent, part),
    `AWS4${key.secretAccessKey}`,
  );
  const head = [request.method, canonicalPath(request.rawPath), canonicalQuery(request.query)].join("\n");
  for (const host of possibleHosts(request.headers["host"], rules.port)) {
    const lines = signed.map((name) => `${name}:${name === "host" ? host : headerValue(request, name)}\n`);
    const canonical = [head, lines.join(""), claim.signedHeaders, payloadHash].join("\n");
    const toSign = [ALGORITHM, claim.date, scope, sha256(canonical)].join("\n");
    if (equal(hmac(signingKey, toSign).toString("hex"), claim.signature)) return undefined;
  }
  return { reason: "the request signature does not match" };
}

function claimInHeaders(request: SignedRequest): Claim | undefined {
  const authorization = single(request.headers["authorization"]);
  if (!authorization?.startsWith(`${ALGORITHM} `)) return undefined;
  const field = (name: string) => new RegExp(`[ ,]${name}=([^, ]+)`).exec(authorization)?.[1] ?? "";
  return {
    credential: field("Credential"),
    signedHeaders: field("SignedHeaders"),
    signature: field("Signature"),
    date: single(request.headers["x-amz-date"]) ?? "",
    token: single(request.headers["x-amz-security-token"]),
    expires: undefined,
  };
}

function claimInQuery({ query }: SignedRequest): Claim | undefined {
  if (query.get("X-Amz-Algorithm") !== ALGORITHM) return undefined;
  const expires = query.get("X-Amz-Expires") ?? "";
  return {
    credential: query.get("X-Amz-Credential") ?? "",
    signedHeaders: query.get("X-Amz-SignedHeaders") ?? "",
    signature: query.get("X-Amz-Signature") ?? "",
    date: query.get("X-Amz-Date") ?? "",
    token: query.get("X-Amz-Security-Token") ?? undefined,
    expires: /^\d{1,7}$/.test(expires) ? Number(expires) : 0,
  };
}

function timeFault(claim: Claim, day: string, rules: SignatureRules): string | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(claim.date);
  if (match === null || claim.date.slice(0, 8) !== day) return "the signing date is malformed";
  const [year = 0, month = 0, date = 0, ...time] = match.slice(1).map(Number);
  const ageSeconds = (rules.now.getTime() - Date.UTC(year, month - 1, date, ...time)) / 1000;
  if (ageSeconds < -rules.clockSkewSeconds) return "the signature is not yet valid";
  if (claim.expires === undefined)
    return ageSeconds > rules.clockSkewSeconds ? "the signature has expired" : undefined;
  if (claim.expires < 1 || claim.expires > rules.presignMaxSeconds)
    return `X-Amz-Expires must be 1 to ${rules.presignMaxSeconds}`;
  return ageSeconds > claim.expires ? "the presigned URL has expired" : undefined;
}

/** The hash that the signature must cover, or undefined when a declared one is not the body's. */
function payloadHashOf(request: SignedRequest): string | undefined {
  const declared = single(request.headers["x-amz-content-sha256"]);
  const actual = sha256(request.body);
  return declared === undefined || declared === actual ? actual : undefined;
}

/** From the protocol (verified with two published signers): the encoded path is encoded once more, segment by segment. */
function canonicalPath(rawPath: string): string {
  return rawPath.split("/").map(encode).join("/");
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** The Host header as received, and what a client may have signed instead: published clients disagree about the port. */
function possibleHosts(received: string | readonly string[] | undefined, port: number | undefined): string[] {
  const host = single(received) ?? "";
  const bare = host.replace(/:\d+$/, "");
  return [...new Set([host, bare, ...(port === undefined ? [] : [`${bare}:${port}`])])];
}

function headerValue({ headers }: SignedRequest, name: string): string {
  const value = headers[name] ?? "";
  const text = typeof value === "string" ? value : value.join(",");
  return text.trim().replace(/[ \t]+/g, " ");
}

function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}

/** RFC 3986: everything but the unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: Buffer | string, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

function equal(expected: string, given: string): boolean {
  return expected.length === given.length && timingSafeEqual(Buffer.from(expected), Buffer.from(given));
}
