// What the answers to the doctor's questions about AgentCore mean for a person: what is wrong, and the way out of it.
import type { Finding } from "../shared/daemon-care.js";
import type { AgentdError } from "../shared/errors.js";
import { printable } from "../shared/names.js";
import { endpointHost } from "./upstream/service/endpoint.js";
import { MIN_SKEW_MS, troubleOfRefusal } from "./upstream/service/refusal.js";
import type { SocketEnd } from "./upstream/socket.js";
import type { AgentCoreTarget } from "./upstream/target.js";
import { troubleOfFailure } from "./upstream/trouble.js";

/** Headers that Node refuses to send: no matter of the network. */
export const UNSENDABLE = "ERR_INVALID_CHAR";

const FAILED_IDS: Readonly<Record<string, string>> = {
  ENOTFOUND: "endpoint-unknown",
  EAI_AGAIN: "dns-unavailable",
};

/** What an answer is judged by, besides itself. */
export interface JudgeFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: { now(): number };
}

/** A name that is no target, or a target that cannot be. */
export function badTarget(error: AgentdError, name: string): Finding {
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

/** How to come by other credentials. */
function credentialsFix(target: AgentCoreTarget): string {
  const { bearerTokenFile, heldToken } = target;
  if (heldToken !== undefined) return "agentd adopt NAME --bearer-token-file FILE";
  return bearerTokenFile === undefined
    ? loginCommand(target)
    : `write one token to ${printable(bearerTokenFile)}`;
}

/** There is nothing to sign with, or no token. */
export function withoutCredentials(error: AgentdError, target: AgentCoreTarget): Finding {
  const { bearerTokenFile, heldToken } = target;
  return {
    id: bearerTokenFile === undefined && heldToken === undefined ? "no-credentials" : "bearer-token",
    severity: "error",
    what: error.message.split(" · ")[0] ?? error.message,
    fix: credentialsFix(target),
    exit: error.exitStatus,
  };
}

/** How an upgrade that had to be refused was answered: nothing wrong, or what it is. */
export function judge(end: SocketEnd, target: AgentCoreTarget, { clock, env }: JudgeFacts): Finding[] {
  const host = endpointHost(target);
  if (end.kind === "closed") return [];
  if (end.kind === "failed") {
    const { error } = troubleOfFailure(end, host);
    if (end.code === UNSENDABLE)
      return [
        {
          id: "bad-header",
          severity: "error",
          what: `the credentials cannot be sent: ${printable(end.message, 100)}`,
          fix: credentialsFix(target),
          exit: 77,
        },
      ];
    const certificate = error.code === "untrusted_certificate";
    const id = certificate ? "certificate-untrusted" : (FAILED_IDS[end.code] ?? "endpoint-unreachable");
    const fixes: Readonly<Record<string, string>> = {
      // A daemon that a command starts gets no such variable (daemon-environment.ts): only one that is run by hand, or by a service manager.
      "certificate-untrusted":
        "agentd daemon stop; NODE_EXTRA_CA_CERTS=/path/of/the/proxy-ca.pem nohup agentd daemon run >/dev/null 2>&1 &",
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

/** How to log in again. */
export function loginCommand({ profile }: AgentCoreTarget): string {
  return profile === undefined
    ? "aws sso login    # or, where the variables are set: agentd daemon restart"
    : `aws sso login --profile ${printable(profile, 60)}`;
}
