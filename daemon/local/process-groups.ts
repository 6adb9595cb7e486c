// Signals to a terminal's processes: the shell's own group and the job in the foreground.
import { readdirSync, readFileSync } from "node:fs";

/** The groups that a hang-up of the terminal of session leader `pid` concerns; the leader's own first. */
export function terminalGroups(pid: number): number[] {
  // Without /proc (macOS), or when the leader is gone, its own group is all we know.
  const foreground = Number(statOf(pid)?.[5] ?? 0);
  return foreground > 1 && foreground !== pid ? [pid, foreground] : [pid];
}

/** Every process of the terminal session that `pid` leads, background jobs included (Linux only; elsewhere the leader alone). */
export function sessionProcesses(pid: number): number[] {
  try {
    const all = readdirSync("/proc").map(Number).filter(Number.isInteger);
    return all.filter((candidate) => statOf(candidate)?.[3] === String(pid));
  } catch {
    return [pid];
  }
}

/** True when `pid` has a child process (Linux only). */
export function hasChildren(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim() !== "";
  } catch {
    return false;
  }
}

/** Kills what is left of `groups` in the terminal session of `leader`; ids that have been given to others since are safe. */
export function killGroupsOfSession(leader: number, groups: readonly number[]): void {
  const left = sessionProcesses(leader).filter((pid) => groups.includes(Number(statOf(pid)?.[2] ?? leader)));
  signalProcesses(left, "SIGKILL");
}

/** Signals whole groups; one that no longer exists is no error. */
export function signalGroups(groups: readonly number[], signal: NodeJS.Signals): void {
  for (const group of groups) {
    try {
      process.kill(-group, signal);
    } catch {
      // ESRCH: already gone.
    }
  }
}

/** Signals single processes; one that no longer exists is no error. */
export function signalProcesses(pids: readonly number[], signal: NodeJS.Signals): void {
  signalGroups(
    pids.map((pid) => -pid),
    signal,
  );
}

/** The fields of /proc/PID/stat after the command name (which may hold spaces): state ppid pgrp session tty_nr tpgid ... */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
