// What a person decides about a shell's size: the size itself, or who decides it.
import { AgentdError } from "../../../shared/errors.js";
import type { Size, SizePolicy } from "../../../shared/size.js";
import type { OutputPath } from "../output/output-path.js";
import type { ShellRecord } from "../state/shell-record.js";

export interface ResizeRequest {
  readonly size?: Size;
  readonly policy?: SizePolicy;
}

/**
 * A size holds until somebody says otherwise, so it brings the policy `manual` with it.
 * @throws AgentdError `invalid_params` for a size under a policy that would change it again.
 */
export function applyResize(
  record: ShellRecord,
  output: Pick<OutputPath, "clients" | "resize">,
  { size, policy = size === undefined ? undefined : "manual" }: ResizeRequest,
): void {
  if (size !== undefined && policy !== "manual") {
    throw new AgentdError("invalid_params", `a size of its own needs the policy manual, not ${policy}`);
  }
  if (policy === undefined) throw new AgentdError("invalid_params", "neither a size nor a policy is given");
  if (policy === "latest") delete record.sizePolicy;
  else record.sizePolicy = policy;
  // First the policy: the clients are told the size together with what decides it.
  output.clients.setPolicy(policy, size);
  if (size !== undefined) output.resize(size);
}
