// What a process costs: memory, processor time and descriptors, as /proc tells it.
import { readdirSync, readFileSync } from "node:fs";

export interface Memory {
  /** Resident, MB. */
  readonly rss: number;
  /** Shared pages divided by who shares them, MB. */
  readonly pss: number;
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? Number.NaN) / 1024;
  return { rss: field("Rss"), pss: field("Pss") };
}

export function sumOfMemory(pids: readonly number[]): Memory {
  const all = pids.map(memoryOf);
  return { rss: all.reduce((sum, { rss }) => sum + rss, 0), pss: all.reduce((sum, { pss }) => sum + pss, 0) };
}

/** Processor time of all threads in milliseconds, to the nanosecond: the ticks of /proc/PID/stat are 10 ms. */
export function processorTime(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ")[0]))
    .reduce((sum, nanoseconds) => sum + nanoseconds / 1e6, 0);
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
