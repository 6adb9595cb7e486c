// From what a client asks for to what a shell runs on: names of the config file, the region of the ARN.
import { AgentdError } from "../shared/errors.js";
import { printable, suggestName } from "../shared/names.js";
import type { TargetRequest } from "../shared/rpc.js";
import type { Config } from "./config/config.js";
import { checkTarget, parseRuntimeArn } from "./upstream/service/endpoint.js";
import type { UpstreamTarget } from "./upstream/target.js";

/**
 * The target that a request means. What the request says wins over what the config says.
 * @throws AgentdError `bad_arn`, `usage`.
 */
export function resolveTarget(request: TargetRequest, config: Pick<Config, "targets">): UpstreamTarget {
  if (request.kind === "local") return { kind: "local" };
  const named = config.targets.get(request.runtimeArn);
  if (named === undefined && !request.runtimeArn.startsWith("arn:"))
    throw unknownTarget(request.runtimeArn, config);
  const runtimeArn = named?.runtime ?? request.runtimeArn;
  const region = request.region ?? named?.region ?? parseRuntimeArn(runtimeArn).region;
  const qualifier = request.qualifier ?? named?.qualifier;
  const endpointUrl = request.endpointUrl ?? named?.endpointUrl;
  const ownToken = request.bearerToken !== undefined;
  // Whoever names a profile wants a signature, whatever the config file says of a token.
  const configToken = request.profile === undefined ? named?.bearerTokenFile : undefined;
  const bearerTokenFile = ownToken ? undefined : (request.bearerTokenFile ?? configToken);
  const profile = request.profile ?? named?.profile ?? request.defaultProfile;
  const target: UpstreamTarget = {
    kind: "agentcore",
    runtimeArn,
    region,
    ...(qualifier === undefined ? {} : { qualifier }),
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
    ...(profile === undefined ? {} : { profile }),
    ...(bearerTokenFile === undefined ? {} : { bearerTokenFile }),
  };
  checkTarget(target);
  return target;
}

/** How a new cloud shell is treated: as the request says, or as the config file says for its target, or for all. */
export function cloudRules(
  request: Extract<TargetRequest, { kind: "agentcore" }>,
  config: Pick<Config, "targets" | "idleStopMs">,
): { readonly startCommand?: string; readonly idleStopMs?: number } {
  const named = config.targets.get(request.runtimeArn);
  const startCommand = request.startCommand ?? named?.command;
  const idleStopMs = request.idleStopMs ?? named?.idleStopMs ?? config.idleStopMs ?? 0;
  return {
    ...(startCommand === undefined ? {} : { startCommand }),
    ...(idleStopMs === 0 ? {} : { idleStopMs }),
  };
}

function unknownTarget(name: string, config: Pick<Config, "targets">): AgentdError {
  const suggestion = suggestName(name, config.targets.keys());
  const hint =
    suggestion === undefined
      ? "write an ARN, or a [targets.NAME] of the config file"
      : `did you mean '${suggestion}'?`;
  return new AgentdError("bad_arn", `bad runtime ARN '${printable(name)}' · ${hint}`);
}
