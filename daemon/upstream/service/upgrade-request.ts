// Builds the request that opens one connection: address, ids, exact mode's headers, and the authorization.
import type { UpstreamDeps } from "../deps.js";
import type { Have } from "../link.js";
import type { SocketRequest } from "../socket.js";
import type { UpstreamIds, UpstreamTarget } from "../target.js";
import { localShellUrl, shellUrl } from "./endpoint.js";

export interface UpgradeFacts {
  readonly target: UpstreamTarget;
  readonly ids: UpstreamIds;
  /** Exact mode: where to go on, or everything that is left; undefined: say nothing of exact mode. */
  readonly have: Have | "everything" | undefined;
  /** Never create a shell; only servers that speak exact mode obey. */
  readonly attachOnly: boolean;
  /** The service's clock minus ours. */
  readonly clockOffsetMs: number;
  /** Forget cached credentials first. */
  readonly freshCredentials: boolean;
  readonly deps: Pick<UpstreamDeps, "sign" | "localSocketPath">;
}

/** @throws AgentdError `no_credentials` */
export async function upgradeRequest(facts: UpgradeFacts): Promise<SocketRequest> {
  const { target, ids, have, deps } = facts;
  const headers = { "x-amzn-bedrock-agentcore-runtime-session-id": ids.runtimeSessionId };
  // Ours, and outside the signature: the service does not know them.
  const exact = {
    ...(have === undefined ? {} : { "x-agentd-have": haveHeader(have) }),
    ...(facts.attachOnly ? { "x-agentd-attach-only": "1" } : {}),
  };
  if (target.kind === "local") {
    const url = localShellUrl(ids).href;
    return { url, headers: { ...headers, ...exact }, socketPath: deps.localSocketPath };
  }
  const url = shellUrl(target, ids);
  const signed = await deps.sign({
    target,
    url,
    headers,
    clockOffsetMs: facts.clockOffsetMs,
    fresh: facts.freshCredentials,
  });
  return { url: url.href, headers: { ...signed, ...exact } };
}

function haveHeader(have: Have | "everything"): string {
  return have === "everything" ? "*:0" : `${have.epoch}:${have.offset}`;
}
