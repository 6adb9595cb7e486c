// A kill that is under way: shared by everyone who asked for it, settled by how the upstream ends.
import { AgentdError, type ErrorCode } from "../../shared/errors.js";
import type { ShellExit } from "../../shared/status.js";
import { abortable } from "./interruptible.js";
import type { Ending } from "./link.js";

/** Errors that mean: there is nothing left to kill. */
const NOTHING_THERE: ReadonlySet<ErrorCode> = new Set(["shell_ended", "runtime_not_found"]);

export class KillRequest {
  readonly #done: Promise<ShellExit | undefined>;
  #askers = 0;
  #resolve: (exit: ShellExit | undefined) => void = () => {};
  #reject: (error: AgentdError) => void = () => {};

  constructor() {
    this.#done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever asked may have given up already.
    this.#done.catch(() => {});
  }

  /** Somebody waits for it. */
  get isWanted(): boolean {
    return this.#askers > 0;
  }

  /**
   * The exit status, when the server says one.
   * @throws AgentdError `timeout` when `signal` aborts first, which is no matter of others who asked; or why it cannot be done.
   */
  async wait(signal: AbortSignal): Promise<ShellExit | undefined> {
    this.#askers += 1;
    try {
      return await abortable(this.#done, signal);
    } catch (error) {
      throw signal.aborted ? notInTime() : error;
    } finally {
      this.#askers -= 1;
    }
  }

  settle(ending: Ending): void {
    switch (ending.kind) {
      case "exited":
        this.#resolve(ending.exit.kind === "unknown" ? undefined : ending.exit);
        break;
      case "gone":
        if (NOTHING_THERE.has(ending.error.code)) this.#resolve(undefined);
        else this.#reject(ending.error);
        break;
      case "taken":
        this.#reject(new AgentdError("shell_not_live", "another client took the shell before it was killed"));
        break;
      case "stopped":
        this.#reject(notInTime());
    }
  }

  fail(error: AgentdError): void {
    this.#reject(error);
  }
}

export function notInTime(): AgentdError {
  return new AgentdError("timeout", "the shell did not confirm its end in time");
}
