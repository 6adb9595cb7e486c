// What the doctor asks about AgentCore: credentials, name, network, certificate, clock, permission and runtime, one target after another.
import { stat } from "node:fs/promises";
import type { Finding } from "../shared/daemon-care.js";
import { AgentdError } from "../shared/errors.js";
import { printable } from "../shared/names.js";
import type { Params, Result } from "../shared/rpc.js";
import type { Config } from "./config/config.js";
import { resolveTarget } from "./target-request.js";
import { endpointHost, shellUrl } from "./upstream/service/endpoint.js";
import { MIN_SKEW_MS, troubleOfRefusal } from "./upstream/service/refusal.js";
import { inspectCredentials, type Sign } from "./upstream/service/sign.js";
import type { OpenSocket, Socket, SocketEnd, SocketHandlers } from "./upstream/socket.js";
import { type AgentCoreTarget, serverName, type UpstreamTarget } from "./upstream/target.js";
import { troubleOfFailure } from "./upstream/trouble.js";

export interface CloudCheckDeps {
  readonly config: Config;
  /** What the shells in question run on. */
  readonly inUse: readonly UpstreamTarget[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly sign: Sign;
  readonly openSocket: OpenSocket;
  readonly clock: { now(): number };
}

type Checked = Result<"daemon.check">;

/** A target that has not answered by then is not reachable, for all that a person cares. */
const ANSWER_LIMIT_MS = 2_500;
/** Metadata services that are not there say nothing; a login helper may take a while. */
const CREDENTIALS_LIMIT_MS = 2_500;
/** Credentials that end sooner are worth a word. */
const SOON_MS = 10 * 60_000;
/** Our bound: more targets are not looked at in one go. */
const MAX_TARGETS = 16;

/**
 * Ids that no server accepts (a session id has 33 characters at least): the answer tells everything up to the
 * check of the ids, and neither a microVM nor a shell is started for it.
 */
const NOBODY = { runtimeSessionId: "agentd-doctor", shellId: "-" };

/** @throws AgentdError `bad_arn` for a name that is no target. */
export async function checkCloud(params: Params<"daemon.check">, deps: CloudCheckDeps): Promise<Checked> {
  const findings: Finding[] = [];
  const targets = new Map<string, AgentCoreTarget>();
  const note = (target: UpstreamTarget) => {
    if (target.kind === "agentcore")
      targets.set(
        `${serverName(target)} ${target.profile ?? target.bearerTokenFile ?? target.heldToken ?? ""}`,
        target,
      );
  };
  if (params.target !== undefined || params.name === undefined) {
    const names = params.target === undefined ? deps.config.targets.keys() : [params.target];
    for (const name of names) {
      try {
        note(resolveTarget({ kind: "agentcore", runtimeArn: name }, deps.config));
      } catch (thrown) {
        findings.push(badTarget(AgentdError.from(thrown), name));
      }
    }
  }
  if (params.target === undefined) for (const target of deps.inUse) note(target);
  const checked = await Promise.all(
    [...targets.values()].slice(0, MAX_TARGETS).map((t) => checkTarget(t, deps)),
  );
  // The same login serves many targets: what is wrong with it is said once.
  const all = [...findings, ...checked.flatMap((one) => one.findings)];
  const unique = new Map(all.map((finding) => [`${finding.id} ${finding.what}`, finding]));
  return { findings: [...unique.values()], notes: checked.flatMap((one) => one.notes) };
}

function badTarget(error: AgentdError, name: string): Finding {
  const harness = /harness/.test(error.message);
  const [what = "", fix] = error.message.split(" · ");
  return {
    id: harness ? "harness-arn" : error.code === "bad_arn" ? "bad-arn" : "bad-target",
    severity: "error",
    what: `target '${printable(name, 80)}': ${what}`,
    fix: fix ?? "mend it in the config file: agentd config path",
    exit: error.exitStatus,
  };
}

/** What a request without credentials is told anyway. */
const ABOUT_CREDENTIALS = new Set(["access-denied", "credentials-refused"]);

function withoutCredentials(error: AgentdError, target: AgentCoreTarget): Finding {
  const { bearerTokenFile, heldToken } = target;
  return {
    id: bearerTokenFile === undefined && heldToken === undefined ? "no-credentials" : "bearer-token",
    severity: "error",
    what: error.message.split(" · ")[0] ?? error.message,
    fix:
      heldToken !== undefined
        ? "agentd adopt NAME --bearer-token-file FILE"
        : bearerTokenFile === undefined
          ? loginCommand(target)
          : `write one token to ${printable(bearerTokenFile)}`,
    exit: error.exitStatus,
  };
}

async function checkTarget(target: AgentCoreTarget, deps: CloudCheckDeps): Promise<Checked> {
  const findings: Finding[] = [];
  const notes: string[] = [];
  try {
    if (target.bearerTokenFile !== undefined)
      findings.push(...(await checkTokenFile(target.bearerTokenFile)));
    else if (target.heldToken === undefined) {
      const { source, expiresAt } = await findCredentials(target.profile);
      const left = expiresAt === undefined ? undefined : expiresAt - deps.clock.now();
      const until = expiresAt === undefined ? "" : `, until ${new Date(expiresAt).toISOString()}`;
      notes.push(`credentials: ${source}${until}`);
      if (left !== undefined && left < SOON_MS)
        findings.push({
          id: "credentials-expire",
          severity: "warning",
          what: `the credentials (${source}) end at ${new Date(expiresAt ?? 0).toISOString()}`,
          fix: loginCommand(target),
        });
    }
    const end = await probe(target, deps, true);
    findings.push(...judge(end, target, deps));
    notes.push(`${endpointHost(target)}: ${end.kind === "refused" ? `answers (${end.status})` : end.kind}`);
  } catch (thrown) {
    findings.push(withoutCredentials(AgentdError.from(thrown), target));
    // The network and the clock can be looked at all the same, and may be the reason: a login needs both.
    const end = await probe(target, deps, false);
    findings.push(...judge(end, target, deps).filter(({ id }) => !ABOUT_CREDENTIALS.has(id)));
  }
  return { findings, notes };
}

/** @throws AgentdError `no_credentials`, also when whoever is asked for them does not answer. */
async function findCredentials(profile: string | undefined): ReturnType<typeof inspectCredentials> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const seconds = CREDENTIALS_LIMIT_MS / 1000;
    const error = new AgentdError("no_credentials", `no AWS credentials within ${seconds} s`);
    timer = setTimeout(() => reject(error), CREDENTIALS_LIMIT_MS);
  });
  try {
    return await Promise.race([inspectCredentials(profile), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function checkTokenFile(path: string): Promise<Finding[]> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined || (status.mode & 0o077) === 0) return [];
  return [
    {
      id: "bearer-token-open",
      severity: "warning",
      what: `others can read the bearer token file ${printable(path)} (${(status.mode & 0o777).toString(8)})`,
      fix: `chmod 600 ${printable(path)}`,
    },
  ];
}

/** An upgrade that must be refused. */
async function probe(
  target: AgentCoreTarget,
  { sign, openSocket }: CloudCheckDeps,
  isSigned: boolean,
): Promise<SocketEnd> {
  const url = shellUrl(target, NOBODY);
  const headers = { "x-amzn-bedrock-agentcore-runtime-session-id": NOBODY.runtimeSessionId };
  const signed = isSigned ? await sign({ target, url, headers, clockOffsetMs: 0, fresh: false }) : headers;
  return new Promise((resolve) => {
    let socket: Socket | undefined;
    const finish = (end: SocketEnd) => {
      clearTimeout(timer);
      socket?.terminate();
      resolve(end);
    };
    const fail = (code: string, message: string) => finish({ kind: "failed", code, message });
    const timer = setTimeout(() => fail("ETIMEDOUT", ""), ANSWER_LIMIT_MS);
    const handlers: SocketHandlers = {
      onOpen: () => finish({ kind: "closed", code: 1000, reason: "" }),
      onMessage: () => {},
      onPing: () => {},
      onPong: () => {},
      onEnd: finish,
    };
    try {
      socket = openSocket({ url: url.href, headers: signed }, handlers);
    } catch (error) {
      // Headers that Node refuses to send.
      fail("EINVAL", error instanceof Error ? error.message : "not a valid request");
    }
  });
}

const FAILED_IDS: Readonly<Record<string, string>> = {
  ENOTFOUND: "endpoint-unknown",
  EAI_AGAIN: "dns-unavailable",
};

function judge(end: SocketEnd, target: AgentCoreTarget, { clock, env }: CloudCheckDeps): Finding[] {
  const host = endpointHost(target);
  if (end.kind === "closed") return [];
  if (end.kind === "failed") {
    const { error } = troubleOfFailure(end, host);
    const certificate = error.code === "untrusted_certificate";
    const id = certificate ? "certificate-untrusted" : (FAILED_IDS[end.code] ?? "endpoint-unreachable");
    const fixes: Readonly<Record<string, string>> = {
      "certificate-untrusted": "NODE_EXTRA_CA_CERTS=/path/of/the/proxy-ca.pem agentd daemon restart",
      "endpoint-unknown": `check the region (${target.region}) and endpoint_url of the target: agentd config show`,
      "dns-unavailable": "the network or its name server is down: look at /etc/resolv.conf",
    };
    const proxy = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].find((name) => env[name]);
    const unreachable: Finding = {
      id,
      severity: "error",
      what: error.message.split(" · ", 2).join(": "),
      fix: fixes[id] ?? `a firewall, or nothing listens there: nc -vz ${host.replace(":", " ")}`,
      exit: error.exitStatus,
    };
    if (proxy === undefined || certificate) return [unreachable];
    return [
      unreachable,
      {
        id: "proxy-ignored",
        severity: "warning",
        what: `${proxy} is set, and agentd connects directly: it knows no proxies`,
        fix: `allow direct connections to ${host}, or set endpoint_url to a tunnel`,
      },
    ];
  }
  return judgeAnswer(end, target, clock.now());
}

function judgeAnswer(
  end: Extract<SocketEnd, { kind: "refused" }>,
  target: AgentCoreTarget,
  nowMs: number,
): Finding[] {
  const skewMs = Date.parse(end.headers["date"] ?? "") - nowMs;
  if (Math.abs(skewMs) > MIN_SKEW_MS) {
    const minutes = Math.round(Math.abs(skewMs) / 6_000) / 10;
    return [
      {
        id: "clock-skew",
        severity: Math.abs(skewMs) > 5 * MIN_SKEW_MS ? "error" : "warning",
        what: `this machine's clock is ${minutes} min ${skewMs > 0 ? "slow" : "fast"}, by the answer of ${endpointHost(target)}`,
        fix: "sudo timedatectl set-ntp true",
        exit: 77,
      },
    ];
  }
  const { error } = troubleOfRefusal(end, target.runtimeArn, nowMs);
  const arn = printable(target.runtimeArn);
  const rows: Partial<Record<AgentdError["code"], readonly [id: string, fix: string]>> = {
    no_credentials: ["credentials-refused", loginCommand(target)],
    access_denied: [
      "access-denied",
      `allow bedrock-agentcore:InvokeAgentRuntimeCommandShell on ${arn} (with a presigned URL also …CommandWithWebSocketStream); a runtime made before 2026-06-05 must be deployed again`,
    ],
    runtime_not_found: [
      "runtime-not-found",
      `check the ARN, the qualifier and the account: aws bedrock-agentcore-control list-agent-runtimes --region ${target.region}`,
    ],
    capacity: [
      "quota",
      "end shells you do not need (agentd ls), or ask for more: Service Quotas, Bedrock AgentCore",
    ],
    throttled: ["throttled", "wait a minute: agentd tries again by itself"],
    upstream_failed: [
      "runtime-unhealthy",
      `look at the runtime's log group in CloudWatch: /aws/bedrock-agentcore/runtimes/${arn.split("/").at(-1)}-DEFAULT`,
    ],
    unreachable: [
      "answered-by-stranger",
      `a proxy or a login page answers for ${endpointHost(target)}: open it in a browser`,
    ],
  };
  // The secret is another one, or old: who may do what was not even looked at.
  const row = error.details?.["signature"] === true ? rows.no_credentials : rows[error.code];
  // `rejected`: the ids were refused, which is as far as this can get.
  if (row === undefined) return [];
  const [id, fix] = row;
  return [
    { id, severity: "error", what: `${arn}: ${error.message.split(" · ")[0]}`, fix, exit: error.exitStatus },
  ];
}

function loginCommand({ profile }: AgentCoreTarget): string {
  return profile === undefined
    ? "aws sso login    # or, where the variables are set: agentd daemon restart"
    : `aws sso login --profile ${printable(profile, 60)}`;
}
