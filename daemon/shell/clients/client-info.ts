// How an attached client looks from outside: the `AttachedInfo` of the contract.
import type { AttachedInfo } from "../../../shared/rpc.js";
import type { AttachedClient } from "./attached-client.js";

export function describeClient(client: AttachedClient, leads: boolean): AttachedInfo {
  const { identity, ignoreSize, readOnly, since } = client.options;
  return {
    id: client.attached,
    since: new Date(since).toISOString(),
    ...client.size,
    leads,
    ...(readOnly ? { readOnly } : {}),
    ...(ignoreSize ? { ignoreSize } : {}),
    ...(client.isBehind ? { behind: true } : {}),
    ...identity,
  };
}
