// The directory in which clients look for the daemon: its own while its lock is there, found again when it was removed.
import { AgentdError } from "../../shared/errors.js";
import { InstanceLock } from "./instance-lock.js";

export interface RuntimePlaceOptions {
  readonly directory: string;
  /** Held, and in that directory. */
  readonly lock: InstanceLock;
  /** Makes the directory in which clients look now, and returns its path. */
  open(): string;
  /** Another daemon has taken over. */
  giveUp(): void;
}

/** Invariant: the lock that counts is the last one taken: in a directory that was made anew, locks are numbered from 1 again. */
export class RuntimePlace {
  readonly #options: RuntimePlaceOptions;
  #directory: string;
  #lock: InstanceLock;

  constructor(options: RuntimePlaceOptions) {
    this.#options = options;
    this.#directory = options.directory;
    this.#lock = options.lock;
  }

  /**
   * The directory, made and locked again when it was removed. Clients may have started another daemon meanwhile: then that one is
   * the daemon now. @throws AgentdError `daemon_unavailable`, and whatever `open` throws.
   */
  find(): string {
    if (this.#lock.isHeld) return this.#directory;
    const { giveUp, open } = this.#options;
    const directory = open();
    const result = InstanceLock.acquire(directory);
    if (result.kind === "taken") {
      giveUp();
      throw new AgentdError("daemon_unavailable", `agentd (pid ${result.pid}) has taken over`);
    }
    this.#directory = directory;
    this.#lock = result.lock;
    return directory;
  }

  release(): void {
    // The file of one that was removed may be another daemon's by now.
    if (this.#lock.isHeld) this.#lock.release();
  }
}
