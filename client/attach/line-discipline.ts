// Switches off what the terminal's driver does to bytes beyond Node's raw mode, which leaves output processing on.
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";

/** A line feed goes out as it is, and line feeds and carriage returns come in as they were typed. */
const EXACT = ["-opost", "-inlcr", "-igncr"];

/** How long leaving waits for a killed `stty` to be gone; it takes microseconds. */
const KILL_LIMIT_MS = 50;

/**
 * Node has no call for it, so POSIX's `stty` does it. Where there is none everything stays as it was: a bare line feed
 * becomes a carriage return and a line feed, which programs in cooked mode never notice.
 *
 * Invariant: after `stop`, nothing of this changes the terminal any more; restoring it is Node's, with its whole set of modes.
 */
export class LineDiscipline {
  #child: ChildProcess | undefined;

  /** Starts it for the terminal on `fd`; `done` is called once, when it has happened or cannot, and not after `stop`. */
  makeExact(fd: number, done: () => void): void {
    // Loaded here because only an attachment needs it, and that only once its screen is drawn.
    const { spawn } = process.getBuiltinModule("node:child_process");
    let child: ChildProcess;
    try {
      child = spawn("stty", EXACT, { stdio: [fd, "ignore", "ignore"] });
    } catch {
      // No memory for a process, say: that is no reason to end an attachment.
      done();
      return;
    }
    this.#child = child;
    const finish = () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      done();
    };
    child.once("error", finish);
    child.once("exit", finish);
  }

  /** Synchronous, because some ways out of this process allow nothing else. */
  stop(): void {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined) return;
    child.kill("SIGKILL");
    const deadline = performance.now() + KILL_LIMIT_MS;
    while (performance.now() < deadline && isRunning(child.pid));
  }
}

/** A child that has ended stays as a zombie until the event loop runs; where there is no /proc, a moment must do. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return false;
  }
}
