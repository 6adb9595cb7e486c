// Which of our own shells hold places on the same runtime: when it is full, one of them can be given up.
import type { ShellInfo } from "../../shared/rpc.js";
import type { ShellRecord } from "./shell-record.js";

/** Their names. Shells that are over, or were never connected, hold no place. */
export function neighboursOf(record: ShellRecord, shells: readonly ShellInfo[]): string[] {
  const { target } = record;
  if (target.kind === "local") return [];
  return shells
    .filter(({ runtimeArn, shellId }) => runtimeArn === target.runtimeArn && shellId !== record.shellId)
    .filter(({ state }) => !["ended", "gone", "starting", "capacity"].includes(state))
    .map(({ name }) => name);
}
