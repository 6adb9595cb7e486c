// Becoming the daemon, or learning who is: patient, because the owner of the lock may be starting or stopping just now.
import { setTimeout as delay } from "node:timers/promises";
import { AgentdError } from "../../shared/errors.js";
import { isListening } from "../../shared/host/socket-name.js";
import { InstanceLock, type LockResult } from "./instance-lock.js";

const RETRY_MS = 50;

export interface ClaimOptions {
  /** Where the lock is. */
  readonly directory: string;
  /** Where its owner listens. */
  readonly socketPath: string;
  /** Our own socket listens at that path already: who answers there is not the owner. */
  readonly activated?: boolean;
  /** Called once with the owner's pid: asks it to end. */
  readonly dismiss?: (pid: number) => void;
  /** How long an owner may take to listen, or to end. */
  readonly limitMs: number;
  /** What to say, and to advise, when it does neither. */
  readonly stuck: (pid: number) => string;
}

/**
 * `held`: this process is the daemon. `taken`: another one is, and it listens.
 * @throws AgentdError `daemon_unavailable` when the owner neither listens nor ends in time.
 */
export async function claimInstance(options: ClaimOptions): Promise<LockResult> {
  const { directory, socketPath, limitMs, activated = false, stuck } = options;
  let { dismiss } = options;
  const deadline = performance.now() + limitMs;
  for (;;) {
    const result = InstanceLock.acquire(directory);
    if (result.kind === "held" || (!activated && (await isListening(socketPath)))) return result;
    dismiss?.(result.pid);
    dismiss = undefined;
    if (performance.now() > deadline) {
      throw new AgentdError("daemon_unavailable", stuck(result.pid), { details: { pid: result.pid } });
    }
    await delay(RETRY_MS);
  }
}
