// Which process is that, exactly: a pid alone may belong to another process after a restart or a reboot.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Equal identities are the same incarnation of the same process. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot (Linux), or the date of the start (elsewhere). */
  readonly started: string;
  /** Changes with every boot. */
  readonly boot: string;
}

/** The identity of a running process, or undefined when there is none with that pid (a zombie has ended). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const started = process.platform === "linux" ? startedOnLinux(pid) : startedElsewhere(pid);
  return started === undefined ? undefined : { pid, started, boot: bootId() };
}

/** Whether exactly this process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid);
  return now !== undefined && now.started === identity.started && now.boot === identity.boot;
}

/** proc(5): field 3 of /proc/pid/stat is the state, field 22 the start time; field 2, the name, may hold anything. */
function startedOnLinux(pid: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return /^[ZXx]$/.test(fields[0] ?? "Z") ? undefined : fields[22 - 3];
  } catch {
    return undefined;
  }
}

function startedElsewhere(pid: number): string | undefined {
  try {
    const text = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
      encoding: "utf8",
      env: { LC_ALL: "C", PATH: "/bin:/usr/bin" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    return text.trim() === "" ? undefined : text.trim();
  } catch {
    return undefined;
  }
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    // Start times elsewhere are dates, which no boot repeats.
    return "";
  }
}
