// The line of `ls -v` under a cloud shell: until when what it runs on lives, and how full its runtime is.
import type { ShellInfo } from "../../shared/rpc.js";
import { formatDuration } from "./format.js";

/** Nothing for a local shell. @param now ms since 1970. */
export function lifeLines({ idleStopMs, lifetime, slots, state }: ShellInfo, now: number): string[] {
  if (lifetime === undefined) return [];
  const { connectionEndsAt, vmEndsAt, vmIdleEndsAt } = lifetime;
  const left = (iso: string) => formatDuration(Date.parse(iso) - now);
  const words = [
    ...(connectionEndsAt === undefined ? [] : [`connection ${left(connectionEndsAt)} left, renewed before`]),
    ...(vmIdleEndsAt === undefined ? [] : [`microVM idle, ends ${inOrPast(vmIdleEndsAt, now, left)}`]),
    vmEndsAt === undefined
      ? "age of the microVM not known"
      : `microVM ends ${inOrPast(vmEndsAt, now, left)} at the latest`,
    ...(slots === undefined ? [] : [`${slots.used} of ${slots.limit} shells of the runtime`]),
    ...(idleStopMs === undefined || state === "asleep"
      ? []
      : [`stops when idle for ${formatDuration(idleStopMs)}`]),
  ];
  return [`  ${words.join(" · ")}`];
}

function inOrPast(iso: string, now: number, left: (iso: string) => string): string {
  return Date.parse(iso) > now ? `in ${left(iso)}` : "by now";
}
