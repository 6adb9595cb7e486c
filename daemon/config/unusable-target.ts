// Why no shell will ever come of a target of the config file, as far as that can be told without asking anybody.
import { AgentdError } from "../../shared/errors.js";
import { checkTarget, parseRuntimeArn } from "../upstream/service/endpoint.js";
import type { targetKeys, Values } from "./schema.js";

/** In words, or undefined when nothing speaks against it. */
export function whyUnusable(
  target: Values<typeof targetKeys> & { readonly runtime: string },
): string | undefined {
  const { endpointUrl, qualifier, runtime } = target;
  try {
    const { region } = parseRuntimeArn(runtime);
    checkTarget({
      kind: "agentcore",
      runtimeArn: runtime,
      region: target.region ?? region,
      ...(qualifier === undefined ? {} : { qualifier }),
      ...(endpointUrl === undefined ? {} : { endpointUrl }),
    });
    return undefined;
  } catch (error) {
    // A flag's name is its key here.
    return AgentdError.from(error).message.replace(
      /--([a-z-]+)/g,
      (_, flag: string) => `\`${flag.replaceAll("-", "_")}\``,
    );
  }
}
