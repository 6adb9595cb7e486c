// From what a client asks for to what a shell runs on: names of the config file, the region of the ARN.
import { AgentdError } from "../shared/errors.js";
import { printable, suggestName } from "../shared/names.js";
import type { TargetRequest } from "../shared/rpc.js";
import type { Config } from "./config.js";
import { checkTarget, parseRuntimeArn } from "./upstream/endpoint.js";
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
  const profile = request.profile ?? named?.profile;
  const { bearerTokenFile } = request;
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

function unknownTarget(name: string, config: Pick<Config, "targets">): AgentdError {
  const suggestion = suggestName(name, config.targets.keys());
  const hint =
    suggestion === undefined
      ? "write an ARN, or a [targets.NAME] of the config file"
      : `did you mean '${suggestion}'?`;
  return new AgentdError("bad_arn", `bad runtime ARN '${printable(name)}' · ${hint}`);
}
