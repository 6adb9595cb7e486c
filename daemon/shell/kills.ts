// Ends shells: the mark on the disk, the time that one kill may take, and several kills of one shell at once.
import { AgentdError } from "../../shared/errors.js";
import type { ShellExit } from "../../shared/status.js";
import type { Clock } from "../upstream/clock.js";
import { notEnded } from "./half-done.js";
import type { Shell } from "./shell.js";
import type { StateKeeper } from "./state/state-keeper.js";

/** A kill waits for SIGHUP, SIGKILL and the answer. */
const KILL_TIMEOUT_MS = 15_000;
/** ... and with `force` only so long. */
const FORCED_KILL_MS = 1_000;

/** Invariant: a record says `ending` from before its shell is asked to end, until the last of the kills under way has failed. */
export class Kills {
  readonly #clock: Clock;
  readonly #state: Pick<StateKeeper, "save" | "saveSoon">;
  readonly #underWay = new Map<Shell, number>();

  constructor(clock: Clock, state: Pick<StateKeeper, "save" | "saveSoon">) {
    this.#clock = clock;
    this.#state = state;
  }

  /**
   * Resolves when the shell is ended, or with `force` when it cannot be.
   * @throws AgentdError `shell_not_live`: why it cannot be ended now.
   */
  async end(shell: Shell, force: boolean): Promise<ShellExit | undefined> {
    const timeout = new AbortController();
    const limitMs = force ? FORCED_KILL_MS : KILL_TIMEOUT_MS;
    const cancel = this.#clock.setTimeout(() => timeout.abort(), limitMs);
    this.#underWay.set(shell, this.#countOf(shell) + 1);
    // On the disk first: the service makes a new shell for an id that is gone, so the next daemon must not just connect.
    shell.record.ending = true;
    try {
      await this.#state.save().catch(() => {}); // The state keeper has said so, and tries again.
      return await shell.kill(timeout.signal);
    } catch (error) {
      if (this.#countOf(shell) === 1) delete shell.record.ending;
      this.#state.saveSoon();
      if (!force) throw notEnded(shell, AgentdError.from(error));
      return undefined;
    } finally {
      cancel();
      const left = this.#countOf(shell) - 1;
      if (left > 0) this.#underWay.set(shell, left);
      else this.#underWay.delete(shell);
    }
  }

  #countOf(shell: Shell): number {
    return this.#underWay.get(shell) ?? 0;
  }
}
