// The connection of one shell to its server, kept for as long as the shell is wanted: reconnects, holds input, and says how it ended.
import { AgentdError } from "../../shared/errors.js";
import { type Size, sameSize } from "../../shared/size.js";
import type { ShellExit } from "../../shared/status.js";
import { Aftermath } from "./aftermath.js";
import { Attempt } from "./attempt.js";
import { sleeplessMs } from "./clock.js";
import type { UpstreamDeps } from "./deps.js";
import { Doubt } from "./doubt.js";
import { InterruptibleWait } from "./interruptible.js";
import { KillRequest, notInTime } from "./kill-request.js";
import type { Ending, Have, UpstreamHandlers } from "./link.js";
import { type ConnectionEnd, delayOf, type Outcome, outcomeOf } from "./outcome.js";
import { AGENTCORE_LIMITS, LOCAL_LIMITS, Pacer } from "./pacer.js";
import { replayedEvent } from "./replay/missing-output.js";
import { ReplayGate } from "./replay/replay-gate.js";
import { ReplayKnowledge } from "./replay/replay-knowledge.js";
import { ServerKnowledge } from "./replay/server-knowledge.js";
import { Retries } from "./retries.js";
import { ttlOf } from "./rotation.js";
import { serverName, type UpstreamIds, type UpstreamTarget } from "./target.js";

export interface UpstreamOptions {
  readonly target: UpstreamTarget;
  /** Already stored durably: a lost id is a leaked shell. */
  readonly ids: UpstreamIds;
  readonly size: Size;
  /** Exact mode: what the caller holds now; asked before each connect. */
  readonly have?: () => Have | undefined;
  /** The shell existed before this process. */
  readonly known: boolean;
  /** Somebody is attached: reconnect it before others. */
  readonly isUrgent?: () => boolean;
  readonly handlers: UpstreamHandlers;
  readonly deps: UpstreamDeps;
}

/**
 * Rules that must hold:
 * - `run` is a loop over `#runOnce`; the outcome of one connection is a value, and the position in the code is the state.
 * - At most one connection exists. One that was left or given up is not listened to any more, so a 4000 that it gets for
 *   being superseded by our own next one is never mistaken for another client.
 * - Ids come in, and are stored before we are called.
 * - Input is sent at most once, and held input only into the same shell.
 * - Output never waits for a confirmation; only `kill` sends CLOSE upstream, stopping never does.
 */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #pacer: Pacer;
  #ids: UpstreamIds;
  #size: Size;
  #known: boolean;
  #running = false;
  #paused = false;
  #attempt: Attempt | undefined;
  readonly #aftermath = new Aftermath();
  #kill: KillRequest | undefined;
  readonly #doubt = new Doubt();
  readonly #betweenAttempts: InterruptibleWait;
  readonly #server: ServerKnowledge;
  readonly #gate: ReplayGate;
  readonly #retries: Retries;

  /** Takes any target: one that an earlier version wrote down, and that this one cannot reach, is waited for like a login. */
  constructor(options: UpstreamOptions) {
    const { target, handlers } = options;
    this.#options = options;
    this.#server = new ServerKnowledge(target);
    const { clock, replayKnowledge } = options.deps;
    this.#betweenAttempts = new InterruptibleWait(clock);
    this.#retries = new Retries(clock.monotonic());
    this.#gate = new ReplayGate({
      clock,
      knowledge: replayKnowledge ?? new ReplayKnowledge(),
      server: serverName(target),
      onFrame: (frame) => handlers.onFrame(frame),
    });
    this.#ids = options.ids;
    this.#size = options.size;
    this.#known = options.known;
    this.#pacer = new Pacer({
      limits: target.kind === "local" ? LOCAL_LIMITS : AGENTCORE_LIMITS,
      size: options.size,
      onPressure: (high) => handlers.onInputPressure(high),
      onDropped: (bytes) => handlers.onLink({ kind: "discarded", bytes }),
    });
  }

  /** The ids in force; the server may have named others than it was asked for. */
  get ids(): UpstreamIds {
    return this.#ids;
  }

  /** Input bytes that were accepted and not sent yet. */
  get queuedBytes(): number {
    return this.#pacer.queuedBytes;
  }

  /**
   * Keeps the shell connected until it ends, is taken, cannot be had, or `signal` aborts. May be called again afterwards:
   * after `taken`, that takes the shell back.
   */
  async run(signal: AbortSignal): Promise<Ending> {
    if (this.#running) throw new AgentdError("internal", "this upstream is running already");
    this.#running = true;
    try {
      const ending = await this.#loop(signal);
      this.#kill?.settle(ending);
      this.#kill = undefined;
      return ending;
    } finally {
      this.#running = false;
    }
  }

  /** Types `bytes`. @returns false when 16 MiB are waiting already; then nothing of it is taken. */
  send(bytes: Uint8Array): boolean {
    if (!this.#pacer.send(bytes, sleeplessMs(this.#options.deps.clock))) return false;
    this.#attempt?.connection?.pump();
    return true;
  }

  /** The newest size wins; it is sent again after every connect. */
  resize(size: Size): void {
    if (sameSize(size, this.#size)) return;
    this.#size = size;
    this.#pacer.resize(size);
    this.#attempt?.connection?.pump();
  }

  /**
   * Ends the shell's process, connecting for it when necessary. Only while `run` is running.
   * @returns its exit status, or undefined when the server does not say or has no such shell.
   * @throws AgentdError `timeout` when `signal` aborts first, or why it cannot be done now; the shell is then unharmed.
   */
  async kill(signal: AbortSignal): Promise<ShellExit | undefined> {
    if (signal.aborted) throw notInTime();
    if (!this.#running) throw new AgentdError("shell_not_live", "nothing is connected to the shell");
    this.#kill ??= new KillRequest();
    const kill = this.#kill;
    this.#attempt?.connection?.kill();
    this.retryNow();
    try {
      return await kill.wait(signal);
    } finally {
      if (!kill.isWanted && this.#kill === kill) this.#kill = undefined;
    }
  }

  /** Ends a wait between two attempts: a person is looking, or the world has changed. */
  retryNow(): void {
    this.#betweenAttempts.end();
  }

  /** Stops reading for milliseconds, for the screen only: the server cuts a connection that reads too slowly. */
  pause(): void {
    this.#paused = true;
    this.#attempt?.connection?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#attempt?.connection?.resume();
  }

  /** The machine slept: what waits is tried now, what seems to live is asked for a sign of it. */
  wake(): void {
    this.#retries.restart(this.#options.deps.clock.monotonic());
    this.retryNow();
    this.#attempt?.wake();
  }

  /** Makes a full-screen program draw itself anew: the size changes by a row, and back. */
  nudge(): void {
    this.#pacer.nudge();
    this.#attempt?.connection?.pump();
  }

  async #loop(signal: AbortSignal): Promise<Ending> {
    const { handlers, deps, target } = this.#options;
    const { clock } = deps;
    const retries = this.#retries;
    retries.restart(clock.monotonic());
    let learning = false;
    for (;;) {
      handlers.onLink({ kind: "connecting", attempt: retries.attempt });
      const end = await this.#runOnce(learning, signal);
      const now = clock.monotonic();
      const outcome = outcomeOf(end, {
        target,
        known: this.#known,
        attempt: retries.attempt,
        sinceLossMs: retries.sinceLossMs(now),
        learning,
        connectionTtlMs: ttlOf(deps),
        signedOffsetMs: this.#server.clockOffsetMs,
        nowMs: clock.now(),
      });
      // A stop that came while the connection ended for another reason is still a stop, unless the shell itself has ended.
      if (outcome.kind === "end") {
        if (outcome.ending.kind === "taken") this.#reportTaken();
        return outcome.ending;
      }
      if (signal.aborted) return { kind: "stopped" };
      if (end.kind === "rotated") retries.restart(now);
      else if (end.kind === "closed") retries.connectionEnded(end.ageMs, now);
      else if (outcome.kind !== "retry" || outcome.pace !== "brief") retries.attemptFailed();
      // An attempt that reached nobody has learned nothing.
      learning = (outcome.kind === "retry" && outcome.learn === true) || (learning && end.kind !== "closed");
      this.#server.learnFromOutcome(outcome);
      if (outcome.kind === "retry" && outcome.cure === "shorter") this.#pacer.shrinkFrames();
      if (outcome.kind === "retry" && outcome.cure === "slower") this.#pacer.slowDown(now);
      await this.#waitAfter(outcome, signal);
      if (signal.aborted) return { kind: "stopped" };
    }
  }

  /** One attempt, and the connection that it may lead to, from signing to its end. */
  async #runOnce(learning: boolean, signal: AbortSignal): Promise<ConnectionEnd> {
    const { deps, handlers, isUrgent, target } = this.#options;
    const server = this.#server;
    const first = !this.#known;
    const attempt = new Attempt({
      target,
      ids: this.#ids,
      first,
      have: server.mayBeExact ? this.#options.have?.() : undefined,
      learning,
      doubt: this.#doubt,
      server,
      pacer: this.#pacer,
      gate: this.#gate,
      deps,
      isUrgent: isUrgent ?? (() => false),
      onOpen: () => {
        this.#known = true;
        if (this.#paused) attempt.connection?.pause();
        if (this.#kill !== undefined) attempt.connection?.kill();
      },
      onLink: (event) => {
        if (event.kind === "live") this.#ids = event.ids;
        handlers.onLink(event);
      },
      onReplay: (decision) => {
        const event = replayedEvent(decision, this.#aftermath.uncertainty, deps.clock);
        handlers.onLink(event);
        return event.missing !== undefined;
      },
    });
    this.#attempt = attempt;
    const end = await attempt.run(signal);
    this.#attempt = undefined;
    this.#aftermath.update(end, attempt.uncertainty);
    // A shell that could not be started never was: the next one is the first.
    const isStillborn = end.kind === "closed" && end.code === 1011 && !end.started && !attempt.isExact;
    if (first && isStillborn) this.#known = false;
    return end;
  }

  async #waitAfter(outcome: Exclude<Outcome, { kind: "end" }>, signal: AbortSignal): Promise<void> {
    const { deps, target } = this.#options;
    const { attempt } = this.#retries;
    const pace = outcome.kind === "wait" ? "seldom" : outcome.pace;
    const sinceLossMs = this.#retries.sinceLossMs(deps.clock.monotonic());
    const delayMs = delayOf(pace, attempt, sinceLossMs, deps.random());
    this.#reportWait(outcome, attempt, delayMs);
    const mayLogIn = outcome.kind === "wait" && outcome.for === "credentials" && target.kind === "agentcore";
    const stopWatching = mayLogIn ? deps.watchCredentials?.(target, () => this.retryNow()) : undefined;
    await this.#betweenAttempts.wait(delayMs, signal);
    stopWatching?.();
  }

  /** The last chance to speak of keys that were sent just before. */
  #reportTaken(): void {
    const keys = this.#aftermath.takeInputInDoubt();
    const lost = { kind: "lost", attempt: 1, reason: "another client took the shell" } as const;
    if (keys.inDoubt !== undefined) this.#options.handlers.onLink({ ...lost, ...keys });
  }

  #reportWait(outcome: Exclude<Outcome, { kind: "end" }>, attempt: number, delayMs: number): void {
    const { handlers, deps } = this.#options;
    if (outcome.kind === "wait") {
      const kind = outcome.for === "credentials" ? "needs-credentials" : "capacity";
      handlers.onLink({ kind, message: outcome.error.message });
      // Somebody waits for the kill: better an answer now than a kill in an hour.
      this.#kill?.fail(outcome.error);
      return;
    }
    const { reason, planned } = outcome;
    const retryAt = Math.round(deps.clock.now() + delayMs);
    const keys = this.#aftermath.takeInputInDoubt();
    handlers.onLink({ kind: "lost", attempt, reason, retryAt, ...(planned ? { planned } : {}), ...keys });
  }
}
