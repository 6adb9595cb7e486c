// Becoming the daemon, or learning who is: patient, because the owner of the lock may be starting or stopping just now.
import { setTimeout as delay } from "node:timers/promises";
import { AgentdError } from "../../shared/errors.js";
import { InstanceLock, type LockResult } from "./instance-lock.js";
import { isListening } from "./socket-name.js";

const RETRY_MS = 50;

export interface ClaimOptions {
  /** Where the lock is. */
  readonly directory: string;
  /** Where its owner listens. */
  readonly socketPath: string;
  /** How long an owner may take to listen, or to end. */
  readonly limitMs: number;
}

/**
 * `held`: this process is the daemon. `taken`: another one is, and it listens.
 * @throws AgentdError `daemon_unavailable` when the owner neither listens nor ends in time.
 */
export async function claimInstance({ directory, socketPath, limitMs }: ClaimOptions): Promise<LockResult> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const result = InstanceLock.acquire(directory);
    if (result.kind === "held" || (await isListening(socketPath))) return result;
    if (performance.now() > deadline) {
      throw new AgentdError(
        "daemon_unavailable",
        `agentd (pid ${result.pid}) runs but does not listen · look at its log, or end it: kill ${result.pid}`,
        { details: { pid: result.pid } },
      );
    }
    await delay(RETRY_MS);
  }
}
