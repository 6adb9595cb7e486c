// How long what a cloud shell runs on lives, and how many shells its runtime still takes: what is known, and nothing else.
import { type Lifetime, SHELLS_PER_RUNTIME, type Slots } from "../../shared/cloud-rpc.js";
import type { ShellInfo } from "../../shared/rpc.js";
import { holdsPlace } from "./neighbours.js";
import type { ShellRecord } from "./state/shell-record.js";

/** Defaults of the service's lifecycle settings; a runtime may be configured otherwise, which nobody tells us. */
const VM_LIFETIME_MS = 8 * 3_600_000;
const VM_IDLE_MS = 15 * 60_000;

/** `info` with what is known of its runtime; local shells stay as they are. @param all every shell, for the count */
export function withRuntimeFacts(
  info: ShellInfo,
  record: ShellRecord,
  all: readonly ShellInfo[],
  connectionTtlMs: number,
): ShellInfo {
  if (info.kind === "local" || isOver(info)) return info;
  const { endpointUrl, runtimeArn } = info;
  const holders = all
    .filter((other) => other.runtimeArn === runtimeArn && other.endpointUrl === endpointUrl)
    .filter(holdsPlace);
  const slots: Slots = { used: holders.length, limit: SHELLS_PER_RUNTIME };
  // Pings of any connection to the microVM keep it from being idle.
  const isHeld = all.some(
    (other) => other.state === "live" && other.runtimeSessionId === info.runtimeSessionId,
  );
  return { ...info, lifetime: lifetimeOf(info, record, isHeld, connectionTtlMs), slots };
}

function lifetimeOf(
  info: ShellInfo,
  record: ShellRecord,
  isHeld: boolean,
  connectionTtlMs: number,
): Lifetime {
  const { connectedAt } = info;
  const { asleepSince, vmSince } = record;
  return {
    ...(connectedAt === undefined
      ? {}
      : { connectionEndsAt: iso(Date.parse(connectedAt) + connectionTtlMs) }),
    ...(asleepSince === undefined || isHeld ? {} : { vmIdleEndsAt: iso(asleepSince + VM_IDLE_MS) }),
    ...(vmSince === undefined ? {} : { vmEndsAt: iso(vmSince + VM_LIFETIME_MS) }),
  };
}

function isOver({ state }: ShellInfo): boolean {
  return state === "ended" || state === "gone";
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
