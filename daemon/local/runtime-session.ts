// One runtime session: what the service gives a microVM, here a directory, its shells and commands, and their common end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Knobs } from "./knobs.js";
import type { LocalShell } from "./local-shell.js";

type Activity = Knobs["idleResetBy"][number] | "call";

export interface RuntimeSessionOptions {
  readonly arn: string;
  readonly id: string;
  readonly knobs: Knobs;
  /** The session is over; everything in it is dead. Once. */
  onEnd(): void;
}

/** Lives from the first request that names it until it is stopped, idle for too long, or too old. */
export class RuntimeSession {
  readonly arn: string;
  readonly id: string;
  /** Running shells by shell id. */
  readonly shells = new Map<string, LocalShell>();
  /** One-shot commands under way. */
  readonly commands = new Set<{ abort(): void }>();
  /** Shell ids that an upgrade is just being answered for. */
  readonly claims = new Set<string>();
  /** Shell ids that were used and whose shell ended. */
  readonly endedIds = new Set<string>();
  readonly #knobs: Knobs;
  readonly #onEnd: () => void;
  #root: string | undefined;
  #lastActivity = performance.now();
  #idle: NodeJS.Timeout | undefined;
  #lifetime: NodeJS.Timeout | undefined;
  #ended = false;

  constructor({ arn, id, knobs, onEnd }: RuntimeSessionOptions) {
    this.arn = arn;
    this.id = id;
    this.#knobs = knobs;
    this.#onEnd = onEnd;
    if (knobs.sessionIdleMs !== null) this.#armIdle(knobs.sessionIdleMs);
    if (knobs.sessionLifetimeMs !== null)
      this.#lifetime = setTimeout(() => this.end(), knobs.sessionLifetimeMs);
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** The session's own directory (0700), made on first use and removed with the session. */
  get root(): string {
    this.#root ??= mkdtempSync(join(tmpdir(), "agentd-session-"));
    return this.#root;
  }

  touch(activity: Activity): void {
    if (activity === "call" || this.#knobs.idleResetBy.includes(activity))
      this.#lastActivity = performance.now();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#idle);
    clearTimeout(this.#lifetime);
    for (const command of this.commands) command.abort();
    for (const shell of this.shells.values()) shell.destroy();
    if (this.#root !== undefined) remove(this.#root);
    this.#onEnd();
  }

  /** One timer, re-armed for what is left: activity costs a clock reading and no timer. */
  #armIdle(idleMs: number): void {
    const left = this.#lastActivity + idleMs - performance.now();
    this.#idle = setTimeout(
      () => {
        if (this.#isBusy()) this.#lastActivity = performance.now();
        if (performance.now() - this.#lastActivity >= idleMs) this.end();
        else this.#armIdle(idleMs);
      },
      Math.max(1, left),
    );
  }

  /** Activity that is a state and not an event. */
  #isBusy(): boolean {
    if (this.commands.size > 0) return true;
    const { idleResetBy } = this.#knobs;
    const shells = [...this.shells.values()];
    return (
      (idleResetBy.includes("attached") && shells.some((shell) => shell.isAttached)) ||
      (idleResetBy.includes("children") && shells.some((shell) => shell.hasChildren))
    );
  }
}

/** What was made in it may be such that it cannot be removed; that is no reason to end all other sessions with this one. */
function remove(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    console.error(error);
  }
}
