// Reads a refused upgrade: what the service's status, error type and body mean for a shell.
import { AgentdError } from "../../../shared/errors.js";
import { printable } from "../../../shared/names.js";
import type { SocketEnd } from "../socket.js";
import type { Trouble } from "../trouble.js";

type Refused = Extract<SocketEnd, { kind: "refused" }>;

/** A clock that is off by less cannot be the reason: the service allows about five minutes. */
export const MIN_SKEW_MS = 60_000;

/** Error types of AWS front ends, lower case, without "exception". */
const CREDENTIAL_TYPES = new Set([
  "expiredtoken",
  "unrecognizedclient",
  "invalidclienttokenid",
  "missingauthenticationtoken",
  "missingauthentication",
  "incompletesignature",
  "unauthorized",
]);
const SIGNATURE_TYPES = new Set([
  "invalidsignature",
  "signaturedoesnotmatch",
  "requestexpired",
  "requesttimetooskewed",
]);

/** What was asked for: the IAM action that it needs, and the word for it. */
export interface Asked {
  readonly action: string;
  readonly what: string;
}

const SHELL: Asked = { action: "bedrock-agentcore:InvokeAgentRuntimeCommandShell", what: "shell" };

/**
 * What a refusal means. The error type decides before the status, and for 424 and 429 the body decides: the sources
 * disagree which of them says "ten shells are open".
 * @param nowMs wall clock, to compare with the response's `Date`
 */
export function troubleOfRefusal(
  refused: Refused,
  runtimeArn: string,
  nowMs: number,
  { action, what }: Asked = SHELL,
): Trouble {
  const { status } = refused;
  const { type, text } = describe(refused);
  const said = text === "" ? "" : ` · ${text}`;
  const trouble = (
    policy: Trouble["policy"],
    code: AgentdError["code"],
    message: string,
    pace: Trouble["pace"] = "backoff",
    about: { readonly signature?: true } = {},
  ): Trouble => ({
    policy,
    pace,
    error: new AgentdError(code, `${message}${said}`, { details: { status, ...about } }),
  });

  if (SIGNATURE_TYPES.has(type) || (status === 403 && /signature|time.{0,12}skew/i.test(text))) {
    const skewMs = skewOf(refused.headers["date"], nowMs);
    const isOff = skewMs !== undefined && Math.abs(skewMs) > MIN_SKEW_MS;
    const minutes = Math.round(Math.abs(skewMs ?? 0) / 6_000) / 10;
    const message = isOff
      ? `this machine's clock is ${minutes} min ${skewMs > 0 ? "slow" : "fast"}`
      : "the service did not accept the signature";
    const refusal = trouble("credentials", "access_denied", message, "backoff", { signature: true });
    return skewMs === undefined ? refusal : { ...refusal, clockOffsetMs: skewMs };
  }
  if (
    CREDENTIAL_TYPES.has(type) ||
    (status === 403 && /token.{0,40}expired|expired.{0,20}token/i.test(text))
  ) {
    return trouble("credentials", "no_credentials", "the service did not accept the credentials");
  }
  switch (status) {
    case 400:
      // An agent that is being updated refuses for a while.
      return /not (?:in )?(?:a )?ready|\b(?:creating|updating)\b/i.test(text)
        ? trouble("first-fatal", "rejected", "the runtime is not ready")
        : trouble("fatal", "rejected", `the service rejected the ${what} (400)`);
    case 401:
      return trouble("credentials", "no_credentials", "the service wants other credentials (401)");
    case 402:
      return trouble("capacity", "capacity", "the service's quota is used up (402)");
    case 403:
      return trouble(
        "credentials",
        "access_denied",
        `access denied · it needs ${action} on ${printable(runtimeArn)}`,
      );
    case 404:
      return trouble("fatal", "runtime_not_found", `no runtime ${printable(runtimeArn)}`);
    case 408:
      return trouble("retry", "upstream_failed", "the service gave up waiting (408)");
    case 409:
      return trouble("retry", "upstream_failed", "the runtime is busy with this session", "brief");
    case 424:
      if (isCapacity(type, text))
        return trouble("capacity", "capacity", "all shells of this runtime are in use");
      if (
        /(?:invalid|malformed).{0,30}(?:shell|id)|shell ?id.{0,30}(?:invalid|malformed|must|match)/i.test(
          text,
        )
      ) {
        return trouble("fatal", "rejected", "the service rejected the shell's id");
      }
      return trouble("retry", "upstream_failed", "the runtime could not be reached (424)");
    case 429:
      return isCapacity(type, text)
        ? trouble("capacity", "capacity", "all shells of this runtime are in use")
        : trouble("retry", "throttled", "the service asks to slow down (429)", "later");
  }
  if (status >= 500) return trouble("retry", "upstream_failed", `the service failed (${status})`, "later");
  if (status >= 400) return trouble("fatal", "rejected", `the service rejected the ${what} (${status})`);
  // A captive portal or a proxy: its page is no answer of the service, and may go away.
  const message = `something between here and the service answered instead (${status})`;
  return { policy: "first-fatal", pace: "backoff", error: new AgentdError("unreachable", message) };
}

/** Error type (lower case, without "exception" and what follows a colon) and the body's own words, made printable. */
function describe({ headers, body }: Refused): { type: string; text: string } {
  let fields: Record<string, unknown> = {};
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null) fields = value as Record<string, unknown>;
  } catch {
    // Not JSON: the text itself is all there is.
  }
  const field = (name: string) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return typeof value === "string" ? value : "";
  };
  const rawType = headers["x-amzn-errortype"] ?? (field("__type") || field("code"));
  const type = (rawType.split(":")[0] ?? "").split("#").at(-1) ?? "";
  const words = [field("error"), field("message") || field("Message")].filter((word) => word !== "");
  const text = words.length > 0 ? words.join(": ") : isMarkup(body) ? "" : body.trim();
  return { type: type.toLowerCase().replace(/exception$/, ""), text: printable(text) };
}

function isMarkup(body: string): boolean {
  return /^\s*[<{]/.test(body);
}

function isCapacity(type: string, text: string): boolean {
  if (type === "servicequotaexceeded") return true;
  return (
    type !== "throttling" &&
    /quota|limit|maximum|too many|(?:shells?|sessions?) (?:already )?open/i.test(text)
  );
}

/** How far the service's clock is ahead of ours, when it says. */
function skewOf(date: string | undefined, nowMs: number): number | undefined {
  const skewMs = Date.parse(date ?? "") - nowMs;
  return Number.isNaN(skewMs) ? undefined : skewMs;
}
