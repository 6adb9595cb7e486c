// Where a target is: checks a runtime ARN and an endpoint, and builds the URL of a shell.
import { AgentdError } from "../../../shared/errors.js";
import { printable } from "../../../shared/names.js";
import type { AgentCoreTarget, UpstreamIds } from "../target.js";

export interface RuntimeArn {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
  readonly runtimeId: string;
}

/** Partition → DNS suffix of its endpoints (the AWS SDK's partition list). */
const DNS_SUFFIXES: Readonly<Record<string, string>> = {
  aws: "amazonaws.com",
  "aws-cn": "amazonaws.com.cn",
  "aws-us-gov": "amazonaws.com",
  "aws-eusc": "amazonaws.eu",
  "aws-iso": "c2s.ic.gov",
  "aws-iso-b": "sc2s.sgov.gov",
  "aws-iso-e": "cloud.adc-e.uk",
  "aws-iso-f": "csp.hci.ic.gov",
};

/** The service's name for an endpoint that nobody named. */
const DEFAULT_QUALIFIER = "DEFAULT";

const ARN_FORM = "arn:aws:bedrock-agentcore:REGION:ACCOUNT:runtime/ID";

/** @throws AgentdError `bad_arn`, with what is wrong in words. */
export function parseRuntimeArn(text: string): RuntimeArn {
  const bad = (why: string) => new AgentdError("bad_arn", `bad runtime ARN '${printable(text)}' · ${why}`);
  const [arn, partition, service, region, accountId, ...resource] = text.split(":");
  const [kind, runtimeId, ...rest] = resource.join(":").split("/");
  if (arn !== "arn" || partition === undefined || region === undefined || accountId === undefined) {
    throw bad(`it looks like ${ARN_FORM}`);
  }
  if (service !== "bedrock-agentcore") throw bad("the service must be bedrock-agentcore");
  if (!Object.hasOwn(DNS_SUFFIXES, partition)) throw bad("its partition (the second part) is not known");
  if (!/^[a-z0-9-]{1,32}$/.test(region)) throw bad("it needs a region, such as us-west-2");
  if (!/^\d{12}$/.test(accountId)) throw bad("the account must have 12 digits");
  if (kind === "harness") {
    throw bad("harness shells are not supported, only the shells of a runtime");
  }
  if (kind !== "runtime") throw bad(`it must end in runtime/ID, as in ${ARN_FORM}`);
  if (rest.length > 0)
    throw bad("leave out what follows the runtime's id; an endpoint is named by --qualifier");
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(runtimeId ?? ""))
    throw bad("the runtime's id has letters, digits, _ and -");
  return { partition, region, accountId, runtimeId: runtimeId ?? "" };
}

/**
 * Everything about a target that can be wrong before anything is connected.
 * @throws AgentdError `bad_arn` or `usage`.
 */
export function checkTarget(target: AgentCoreTarget): void {
  endpointHost(target);
}

/** Host and port that a target's connections go to, for messages. @throws as `checkTarget` */
export function endpointHost(target: AgentCoreTarget): string {
  return shellUrl(target, { runtimeSessionId: "", shellId: "" }).host;
}

/**
 * The WebSocket URL of a shell.
 * The ARN is one percent-encoded path segment (developer guide; all published clients).
 * @throws AgentdError `bad_arn` or `usage`.
 */
export function shellUrl(target: AgentCoreTarget, ids: UpstreamIds): URL {
  return withShellPath(baseOf(target), target.runtimeArn, target.qualifier, ids.shellId);
}

/**
 * The address of one of the service's ordinary calls for a runtime: a POST with the runtime session's id in a header.
 * @throws AgentdError `bad_arn` or `usage`.
 */
export function callUrl(target: AgentCoreTarget, call: "commands" | "stopruntimesession"): URL {
  const base = baseOf(target).replace(/^ws/, "http");
  const url = new URL(`${base}/runtimes/${encodeURIComponent(target.runtimeArn)}/${call}`);
  url.searchParams.set("qualifier", target.qualifier ?? DEFAULT_QUALIFIER);
  return url;
}

/** Scheme, host, port and path prefix, without a trailing slash. */
function baseOf(target: AgentCoreTarget): string {
  const arn = parseRuntimeArn(target.runtimeArn);
  if (arn.region !== target.region) {
    const message = `the runtime is in ${arn.region}, but the region given is ${printable(target.region, 40)} · leave out --region`;
    throw new AgentdError("bad_arn", message);
  }
  return target.endpointUrl === undefined
    ? `wss://bedrock-agentcore.${arn.region}.${DNS_SUFFIXES[arn.partition]}`
    : customBase(target.endpointUrl);
}

/** The ARN by which the local runtime knows itself on its Unix socket. */
const LOCAL_RUNTIME_ARN = "arn:aws:bedrock-agentcore:local:000000000000:runtime/local";

/** The same for a shell of the local runtime; the host is only a word, the connection goes over the Unix socket. */
export function localShellUrl(ids: UpstreamIds): URL {
  return withShellPath("ws://localhost", LOCAL_RUNTIME_ARN, undefined, ids.shellId);
}

function withShellPath(base: string, arn: string, qualifier: string | undefined, shellId: string): URL {
  const url = new URL(`${base}/runtimes/${encodeURIComponent(arn)}/ws/shells`);
  url.searchParams.set("qualifier", qualifier ?? DEFAULT_QUALIFIER);
  url.searchParams.set("shellId", shellId);
  return url;
}

/** Scheme, host, port and path prefix of a custom endpoint as a WebSocket base without a trailing slash. */
function customBase(endpointUrl: string): string {
  const bad = (why: string) =>
    new AgentdError("usage", `bad endpoint URL '${printable(endpointUrl)}' · ${why}`);
  let url: URL;
  try {
    url = new URL(endpointUrl);
  } catch {
    throw bad("write https://HOST[:PORT]");
  }
  const secure = url.protocol === "https:" || url.protocol === "wss:";
  if (!secure && url.protocol !== "http:" && url.protocol !== "ws:") throw bad("it must start with https://");
  // A password in a URL would be shown by every list of shells: refuse it, and do not repeat it.
  if (url.username !== "" || url.password !== "") {
    throw new AgentdError("usage", "bad endpoint URL · leave out the user name and password");
  }
  if (url.search !== "" || url.hash !== "") throw bad("leave out ? and #");
  if (!secure && !isLoopback(url.hostname)) {
    throw bad("without TLS only this machine (127.0.0.1, localhost) is allowed; use https://");
  }
  return `${secure ? "wss" : "ws"}://${url.host}${url.pathname.replace(/\/+$/, "")}`;
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
