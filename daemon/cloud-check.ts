// What the doctor asks about AgentCore: credentials, name, network, certificate, clock, permission and runtime, one target after another.
import { stat } from "node:fs/promises";
import type { Finding } from "../shared/daemon-care.js";
import { AgentdError } from "../shared/errors.js";
import { printable } from "../shared/names.js";
import type { Params, Result } from "../shared/rpc.js";
import { badTarget, judge, loginCommand, UNSENDABLE, withoutCredentials } from "./cloud-findings.js";
import type { Config } from "./config/config.js";
import { resolveTarget } from "./target-request.js";
import { checkTarget, endpointHost, shellUrl } from "./upstream/service/endpoint.js";
import { inspectCredentials, type Sign } from "./upstream/service/sign.js";
import type { OpenSocket, Socket, SocketEnd, SocketHandlers } from "./upstream/socket.js";
import { type AgentCoreTarget, serverName, type UpstreamTarget } from "./upstream/target.js";

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
  for (const target of params.target === undefined ? deps.inUse : []) {
    if (target.kind !== "agentcore") continue;
    try {
      checkTarget(target); // One that an earlier version wrote down may be of a kind that this one does not know.
      note(target);
    } catch (thrown) {
      findings.push(badTarget(AgentdError.from(thrown), target.runtimeArn));
    }
  }
  const checked = await Promise.all(
    [...targets.values()].slice(0, MAX_TARGETS).map((target) => examine(target, deps)),
  );
  // The same login serves many targets: what is wrong with it is said once.
  const all = [...findings, ...checked.flatMap((one) => one.findings)];
  const unique = new Map(all.map((finding) => [`${finding.id} ${finding.what}`, finding]));
  return { findings: [...unique.values()], notes: checked.flatMap((one) => one.notes) };
}

/** What a request without credentials is told anyway. */
const ABOUT_CREDENTIALS = new Set(["access-denied", "credentials-refused"]);

async function examine(target: AgentCoreTarget, deps: CloudCheckDeps): Promise<Checked> {
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
      fail(UNSENDABLE, error instanceof Error ? error.message : "not a valid request");
    }
  });
}
