// Which of our own shells hold places that count for a shell that found none: when one of them is given up, there is one.
import type { ShellInfo } from "../../shared/rpc.js";
import type { ShellRecord } from "./state/shell-record.js";

/** Shells that are over, or were never connected, hold none. */
export function holdsPlace({ state }: ShellInfo): boolean {
  return !["ended", "gone", "starting", "capacity"].includes(state);
}

/**
 * Their names.
 *
 * Whether the service counts ten shells for a runtime (which it documents) or for each of its runtime sessions (as the harness page
 * says, and as a refusal from inside the microVM suggests) is not known. Those of the same runtime session count either way, so
 * with any of them only they are named. Without them it can only be the runtime that is full, or others share the session.
 */
export function neighboursOf(record: ShellRecord, shells: readonly ShellInfo[]): string[] {
  const { target } = record;
  if (target.kind === "local") return [];
  const holders = shells
    .filter(({ runtimeArn, shellId }) => runtimeArn === target.runtimeArn && shellId !== record.shellId)
    .filter(({ endpointUrl }) => endpointUrl === target.endpointUrl)
    .filter(holdsPlace);
  const beside = holders.filter(({ runtimeSessionId }) => runtimeSessionId === record.runtimeSessionId);
  return (beside.length > 0 ? beside : holders).map(({ name }) => name);
}
