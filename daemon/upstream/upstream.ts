// The connection of one shell to its server, kept for as long as the shell is wanted: reconnects, holds input, and says how it ended.
import { AgentdError } from "../../shared/errors.js";
import { type Size, sameSize } from "../../shared/size.js";
import type { ShellExit } from "../../shared/status.js";
import { Attachment } from "./attachment.js";
import { Connection } from "./connection.js";
import type { UpstreamDeps } from "./deps.js";
import { Doubt } from "./doubt.js";
import { checkTarget } from "./endpoint.js";
import { abortable, InterruptibleWait } from "./interruptible.js";
import { KillRequest } from "./kill-request.js";
import type { Ending, Have, UpstreamHandlers } from "./link.js";
import { type ConnectionEnd, delayOf, type Outcome, outcomeOf } from "./outcome.js";
import { AGENTCORE_LIMITS, LOCAL_LIMITS, Pacer } from "./pacer.js";
import { Retries } from "./retries.js";
import { Rotation } from "./rotation.js";
import { ServerKnowledge } from "./server-knowledge.js";
import type { SocketRequest } from "./socket.js";
import type { UpstreamIds, UpstreamTarget } from "./target.js";
import { upgradeRequest } from "./upgrade-request.js";

export type { Clock } from "./clock.js";
export type { UpstreamDeps, UpstreamLog } from "./deps.js";
export type { Ending, Have, LinkEvent, LinkVerdict, UpstreamHandlers } from "./link.js";
export type { AgentCoreTarget, UpstreamIds, UpstreamTarget } from "./target.js";

export interface UpstreamOptions {
  readonly target: UpstreamTarget;
  /** Already stored durably: a lost id is a leaked shell. */
  readonly ids: UpstreamIds;
  readonly size: Size;
  /** Exact mode: what the caller holds now; asked before each connect. */
  readonly have?: () => Have | undefined;
  /** The shell existed before this process. */
  readonly known: boolean;
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
  #connection: Connection | undefined;
  #kill: KillRequest | undefined;
  readonly #doubt = new Doubt();
  readonly #betweenAttempts: InterruptibleWait;
  readonly #server: ServerKnowledge;

  /** @throws AgentdError `bad_arn` or `usage` for a target that cannot be. */
  constructor(options: UpstreamOptions) {
    const { target, handlers } = options;
    if (target.kind === "agentcore") checkTarget(target);
    this.#options = options;
    this.#server = new ServerKnowledge(target);
    this.#betweenAttempts = new InterruptibleWait(options.deps.clock);
    this.#ids = options.ids;
    this.#size = options.size;
    this.#known = options.known;
    this.#pacer = new Pacer({
      limits: target.kind === "local" ? LOCAL_LIMITS : AGENTCORE_LIMITS,
      size: options.size,
      onPressure: (high) => handlers.onInputPressure(high),
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
    if (!this.#pacer.send(bytes, this.#options.deps.clock.monotonic())) return false;
    this.#connection?.pump();
    return true;
  }

  /** The newest size wins; it is sent again after every connect. */
  resize(size: Size): void {
    if (sameSize(size, this.#size)) return;
    this.#size = size;
    this.#pacer.resize(size);
    this.#connection?.pump();
  }

  /**
   * Ends the shell's process, connecting for it when necessary.
   * @returns its exit status, or undefined when the server does not say or has no such shell.
   * @throws AgentdError `timeout` when `signal` aborts first, or why it cannot be done now; the shell is then unharmed.
   */
  async kill(signal: AbortSignal): Promise<ShellExit | undefined> {
    this.#kill ??= new KillRequest();
    const kill = this.#kill;
    const giveUp = () => kill.settle({ kind: "stopped" });
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    const ownRun = new AbortController();
    if (this.#running) {
      this.#connection?.kill();
      this.retryNow();
    } else {
      this.run(ownRun.signal).catch((error: unknown) => kill.fail(AgentdError.from(error)));
    }
    try {
      return await kill.done;
    } finally {
      signal.removeEventListener("abort", giveUp);
      if (this.#kill === kill) this.#kill = undefined;
      ownRun.abort();
    }
  }

  /** Ends a wait between two attempts: a person is looking, or the world has changed. */
  retryNow(): void {
    this.#betweenAttempts.end();
  }

  /** Stops reading for milliseconds, for the screen only: the server cuts a connection that reads too slowly. */
  pause(): void {
    this.#paused = true;
    this.#connection?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#connection?.resume();
  }

  async #loop(signal: AbortSignal): Promise<Ending> {
    const { handlers, deps } = this.#options;
    const { clock, random } = deps;
    const retries = new Retries(clock.monotonic());
    let learning = false;
    for (;;) {
      handlers.onLink({ kind: "connecting", attempt: retries.attempt });
      const end = await this.#runOnce(learning, signal);
      const now = clock.monotonic();
      const outcome = outcomeOf(end, {
        target: this.#options.target,
        known: this.#known,
        attempt: retries.attempt,
        sinceLossMs: retries.sinceLossMs(now),
        learning,
        signedOffsetMs: this.#server.clockOffsetMs,
        nowMs: clock.now(),
      });
      // A stop that came while the connection ended for another reason is still a stop, unless the shell itself has ended.
      if (outcome.kind === "end") return outcome.ending;
      if (signal.aborted) return { kind: "stopped" };
      if (end.kind === "closed" || end.kind === "rotated") retries.connectionEnded(end.ageMs, now);
      else if (outcome.kind !== "retry" || outcome.pace !== "brief") retries.attemptFailed();
      // An attempt that reached nobody has learned nothing.
      learning = (outcome.kind === "retry" && outcome.learn === true) || (learning && end.kind !== "closed");
      this.#server.learnFromOutcome(outcome);
      if (outcome.kind === "retry" && outcome.cure === "shorter") this.#pacer.shrinkFrames();
      if (outcome.kind === "retry" && outcome.cure === "slower") this.#pacer.slowDown(now);
      const pace = outcome.kind === "wait" ? "seldom" : outcome.pace;
      const delayMs = delayOf(pace, retries.attempt, retries.sinceLossMs(now), random());
      this.#reportWait(outcome, retries.attempt, delayMs);
      await this.#betweenAttempts.wait(delayMs, signal);
      if (signal.aborted) return { kind: "stopped" };
    }
  }

  /** One connection, from signing to its end. */
  async #runOnce(learning: boolean, signal: AbortSignal): Promise<ConnectionEnd> {
    const { deps, handlers, target } = this.#options;
    const server = this.#server;
    const first = !this.#known;
    const have = server.mayBeExact ? this.#options.have?.() : undefined;
    const attachOnly = target.kind === "local";
    // A shell from before this process, of which the caller holds nothing: what is left of its output is all new.
    const everything = server.mayBeExact && (attachOnly || this.#known) ? ("everything" as const) : undefined;
    let request: SocketRequest;
    try {
      const { clockOffsetMs, freshCredentials } = server;
      const facts = {
        target,
        ids: this.#ids,
        have: have ?? everything,
        attachOnly,
        clockOffsetMs,
        freshCredentials,
        deps,
      };
      request = await abortable(upgradeRequest(facts), signal);
    } catch (error) {
      return signal.aborted ? { kind: "stopped" } : { kind: "unsigned", error: AgentdError.from(error) };
    }
    const attachment = new Attachment({
      clock: deps.clock,
      pacer: this.#pacer,
      first,
      asked: this.#ids,
      have,
      attachOnly,
      inDoubt: this.#doubt.present,
      expectConfirmation: server.confirms,
      onLink: (event) => {
        if (learning && attachment.verdict === "new") {
          connection.leave({ kind: "replaced" });
          return;
        }
        handlers.onLink(event);
        connection.pump();
      },
    });
    let rotation: Rotation | undefined;
    const connection = new Connection({
      request,
      pacer: this.#pacer,
      deps,
      handlers: {
        onOpen: (headers) => {
          this.#known = true;
          if (target.kind === "agentcore") {
            const onDue = (ageMs: number) => connection.leave({ kind: "rotated", ageMs });
            rotation = new Rotation({ clock: deps.clock, random: deps.random(), onDue });
          }
          if (this.#paused) connection.pause();
          attachment.handleOpen(headers);
          this.#ids = attachment.ids;
          if (this.#kill !== undefined) connection.kill();
        },
        onOutput: (frame) => {
          rotation?.handleOutput();
          handlers.onFrame(frame);
        },
        onConfirmation: (confirmation) => attachment.handleConfirmation(confirmation),
      },
    });
    this.#connection = connection;
    const stop = () => connection.leave({ kind: "stopped" });
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const end = await connection.ended;
    signal.removeEventListener("abort", stop);
    this.#connection = undefined;
    rotation?.stop();
    attachment.stop();
    // A shell that could not be started never was: the next one is the first.
    if (first && end.kind === "closed" && end.code === 1011 && !end.started) this.#known = false;
    this.#doubt.update(attachment, end);
    server.learnFromConnection(attachment, end);
    return end;
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
    handlers.onLink({ kind: "lost", attempt, reason, retryAt, ...(planned ? { planned } : {}) });
  }
}
