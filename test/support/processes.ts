// What runs on this machine, as /proc tells it.
import { readdirSync, readFileSync } from "node:fs";

/** The living children of a process; one that has ended and waits for its parent does not count. */
export function childrenOf(parent: number): number[] {
  return allProcesses().filter((pid) => {
    const [state, ppid] = statFields(pid);
    return Number(ppid) === parent && state !== "Z";
  });
}

/** Living processes of this program whose environment has this variable with this value. */
export function processesOf(program: string, variable: string, value: string): number[] {
  return allProcesses().filter((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(program)) return false;
      return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`${variable}=${value}`);
    } catch {
      return false;
    }
  });
}

export function isRunning(pid: number): boolean {
  const [state] = statFields(pid);
  return state !== undefined && state !== "Z";
}

/** How many descriptors a process has open. */
export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}

function allProcesses(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** From the state on; nothing when the process is gone. */
function statFields(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
