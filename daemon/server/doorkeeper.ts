// Who comes in: while descriptors are short, new connections are told so, and what runs already keeps the last ones.
import { closeSync, openSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { AgentdError } from "../../shared/errors.js";
import { errorLine } from "./rpc-server.js";
import type { ServerLog } from "./server-log.js";

/** Kept from new clients: saving the state, a link that comes back, and saying no need some. */
const RESERVED = 8;
/** Of these, so many may be held by those who were refused; the next one ends the oldest. */
const MAX_REFUSED = 4;
/** How long somebody who was refused may take to read why. */
const REFUSED_MS = 1000;

export interface DoorkeeperOptions {
  readonly onConnection: (socket: Socket) => void;
  readonly log: ServerLog;
  /** Most open descriptors; default: what the system says. Infinity: unknown. */
  readonly descriptorLimit?: number;
}

/**
 * Invariants: the kernel gives the lowest free number, so a connection with a high one tells how many are open; and one
 * descriptor is always kept, so that a refusal can be said even when accepting has failed.
 */
export class Doorkeeper {
  readonly #options: DoorkeeperOptions;
  readonly #limit: number;
  #spare: number | undefined;
  #refusing = false;
  /** In order of arrival. */
  readonly #refused = new Set<Socket>();

  constructor(options: DoorkeeperOptions) {
    this.#options = options;
    this.#limit = options.descriptorLimit ?? systemLimit();
    this.#keepSpare();
  }

  receive(socket: Socket): void {
    const left = this.#limit - 1 - descriptorOf(socket);
    if (left >= RESERVED) {
      if (this.#refusing) this.#options.log.info({ limit: this.#limit }, "descriptors are free again");
      this.#refusing = false;
      this.#keepSpare();
      this.#options.onConnection(socket);
      return;
    }
    this.#refuse(socket);
  }

  /** The kernel had no descriptor for a connection: it gets the one that was kept. */
  acceptFailed(error: Error): void {
    this.#say(error);
    if (this.#spare !== undefined) closeSync(this.#spare);
    this.#spare = undefined;
  }

  #refuse(socket: Socket): void {
    const text = `busy: too many open files (limit ${this.#limit} · raise LimitNOFILE)`;
    const error = new AgentdError("too_busy", text, { details: { limit: this.#limit } });
    this.#say(error);
    // Whoever is refused may be gone before it was told.
    socket.on("error", () => {});
    // What it sends is read for a while: whoever writes to a closed socket does not hear what was said before.
    socket.resume().end(errorLine(null, error, this.#options.log));
    socket.setTimeout(REFUSED_MS, () => socket.destroy());
    this.#refused.add(socket);
    socket.on("close", () => {
      this.#refused.delete(socket);
      this.#keepSpare();
    });
    const [oldest] = this.#refused;
    if (oldest === undefined || this.#refused.size <= MAX_REFUSED) return;
    this.#refused.delete(oldest);
    oldest.destroy();
  }

  /** Once for each time that it becomes tight. */
  #say(error: Error): void {
    if (!this.#refusing) this.#options.log.warn({ err: error }, "connections are refused");
    this.#refusing = true;
  }

  #keepSpare(): void {
    try {
      this.#spare ??= openSync("/dev/null", "r");
    } catch {
      // The next connection that goes makes room for it.
    }
  }
}

function descriptorOf(socket: Socket): number {
  const { _handle } = socket as { readonly _handle?: { readonly fd?: number } | null };
  return _handle?.fd ?? -1;
}

/** RLIMIT_NOFILE of this process; Infinity where the system does not tell. */
function systemLimit(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "latin1");
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
