// All runtime sessions: finding, making and ending them, the windows in which that is refused, and the limit on shells.
import type { Knobs } from "./knobs.js";
import type { LocalShell } from "./local-shell.js";
import { Rejection } from "./rejection.js";
import { RuntimeSession } from "./runtime-session.js";

export class RuntimeSessions {
  readonly #knobs: Knobs;
  readonly #sessions = new Map<string, RuntimeSession>();
  /** Sessions that are being provisioned or torn down, each with a mark of what was begun last. */
  readonly #busy = new Map<string, symbol>();
  #isOver = false;

  constructor(knobs: Knobs) {
    this.#knobs = knobs;
  }

  find(arn: string, id: string): RuntimeSession | undefined {
    return this.#sessions.get(keyOf(arn, id));
  }

  get all(): Iterable<RuntimeSession> {
    return this.#sessions.values();
  }

  /** Finds the session or makes it. @throws Rejection 409 while it is being provisioned or torn down, when it ended meanwhile, and after `endAll`. */
  async open(arn: string, id: string): Promise<RuntimeSession> {
    const key = keyOf(arn, id);
    this.#refuseWhileBusy(key);
    // A request that was on its way: what it would start, nobody would end.
    if (this.#isOver) throw busy();
    const found = this.#sessions.get(key);
    if (found !== undefined) {
      found.touch("call");
      return found;
    }
    const session = this.#make(arn, id, key);
    if (this.#knobs.provisioningMs > 0) await this.#stayBusy(key, this.#knobs.provisioningMs);
    if (session.hasEnded) throw busy();
    return session;
  }

  /** @throws Rejection 404 for a session that does not exist (any more), 409 while it is busy. */
  stop(arn: string, id: string): void {
    this.#refuseWhileBusy(keyOf(arn, id));
    const session = this.find(arn, id);
    if (session === undefined) throw new Rejection("ResourceNotFoundException", "the session does not exist");
    session.end();
  }

  /** ... for good. */
  endAll(): void {
    this.#isOver = true;
    for (const session of [...this.#sessions.values()]) session.end();
  }

  /**
   * Makes room for one more attached shell in `session`. `existing`: the detached shell that is to be attached.
   * @throws Rejection with the status of the limit knob.
   */
  admitShell(session: RuntimeSession, existing: LocalShell | undefined): void {
    const { shellLimit, shellLimitScope, countDetached, retainMax, evictDetached } = this.#knobs;
    const sessions = shellLimitScope === "session" ? [session] : this.#ofRuntime(session.arn);
    const shells = sessions.flatMap((each) => [...each.shells.values()]);
    const counted = countDetached && existing !== undefined ? [] : shells;
    const active = counted.filter((shell) => countDetached || shell.isAttached).length;
    if (shellLimit !== null && active >= shellLimit) throw this.#limitReached(shellLimit);
    if (existing !== undefined || retainMax === null || shells.length < retainMax) return;
    const oldest = shells
      .filter((shell) => !shell.isAttached)
      .toSorted((a, b) => (a.detachedAt ?? 0) - (b.detachedAt ?? 0))[0];
    if (!evictDetached || oldest === undefined) throw this.#limitReached(retainMax);
    oldest.kill();
  }

  #limitReached(limit: number): Rejection {
    const { limitStatus, limitError } = this.#knobs;
    const exception = limitStatus === 424 ? "RuntimeClientError" : "ServiceQuotaExceededException";
    const message = `maximum number of shells reached (${limit}); close one and try again`;
    return new Rejection(exception, message, { status: limitStatus, error: limitError });
  }

  #make(arn: string, id: string, key: string): RuntimeSession {
    const onEnd = () => {
      this.#sessions.delete(key);
      if (this.#knobs.teardownMs > 0) void this.#stayBusy(key, this.#knobs.teardownMs);
    };
    const session = new RuntimeSession({ arn, id, knobs: this.#knobs, onEnd });
    this.#sessions.set(key, session);
    return session;
  }

  #refuseWhileBusy(key: string): void {
    if (this.#busy.has(key)) throw busy();
  }

  async #stayBusy(key: string, ms: number): Promise<void> {
    const mark = Symbol();
    this.#busy.set(key, mark);
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (this.#busy.get(key) === mark) this.#busy.delete(key);
  }

  #ofRuntime(arn: string): RuntimeSession[] {
    return [...this.#sessions.values()].filter((session) => session.arn === arn);
  }
}

/** Try again. */
export function busy(): Rejection {
  return new Rejection("RetryableConflictException", "Session operation in progress, please retry");
}

function keyOf(arn: string, id: string): string {
  return `${arn} ${id}`;
}
