// An upstream that can also rest: stopped when nobody has used its shell for long, held or given up while its microVM is ended.
import type { AgentdError } from "../../shared/errors.js";
import type { Size } from "../../shared/size.js";
import type { ShellExit } from "../../shared/status.js";
import type { Clock } from "./clock.js";
import { abortable } from "./interruptible.js";
import type { Ending, UpstreamHandlers } from "./link.js";
import type { Upstream } from "./upstream.js";

/** What is tended. */
export type Link = Pick<
  Upstream,
  "run" | "send" | "resize" | "kill" | "retryNow" | "wake" | "nudge" | "pause" | "resume" | "queuedBytes"
>;

export interface TendedUpstreamOptions {
  readonly clock: Clock;
  /** After so long without input, output and clients the connection is let go, so that a forgotten shell does not bill for ever. */
  readonly idleStopMs: number | undefined;
  /** It rested when the last daemon ended, since then; wall clock milliseconds. */
  readonly asleepSince: number | undefined;
  /** Somebody is attached. */
  isUrgent(): boolean;
  readonly handlers: UpstreamHandlers;
  make(handlers: UpstreamHandlers): Link;
}

/** While somebody is attached, this often is looked whether they still are: so exact is the time since they left. */
const LOOK_EVERY_MS = 60_000;

/**
 * Invariants: the link runs only while `run` does, and while nothing makes it rest; whoever types, attaches or kills ends an
 * idle rest, and only `release` or `revoke` end a held one; resting never sends CLOSE upstream.
 */
export class TendedUpstream {
  readonly #options: TendedUpstreamOptions;
  readonly #link: Link;
  #asleepSince: number | undefined;
  /** How many want it held: the same microVM can be ended twice at once. */
  #holds = 0;
  #revoked: AgentdError | undefined;
  #lastUse: number;
  #cancelWatch = () => {};
  /** Ends the present connection; undefined while there is none. */
  #leave: AbortController | undefined;
  #endRest: (() => void) | undefined;
  #onLinked: (() => void)[] = [];

  constructor(options: TendedUpstreamOptions) {
    const { asleepSince, clock, handlers } = options;
    this.#options = options;
    this.#asleepSince = asleepSince;
    this.#lastUse = clock.monotonic();
    this.#link = options.make({
      ...handlers,
      onFrame: (frame) => {
        this.#used();
        handlers.onFrame(frame);
      },
      onLink: (event) => handlers.onLink(event),
      onInputPressure: (high) => handlers.onInputPressure(high),
    });
  }

  get queuedBytes(): number {
    return this.#link.queuedBytes;
  }

  /** As the link's own `run`, with rests. */
  async run(signal: AbortSignal): Promise<Ending> {
    try {
      return await this.#loop(signal);
    } finally {
      // Whoever waits for the link learns that there is none to wait for.
      this.#tellLinked();
    }
  }

  async #loop(signal: AbortSignal): Promise<Ending> {
    for (;;) {
      if (this.#revoked !== undefined) return { kind: "gone", error: this.#revoked };
      if (signal.aborted) return { kind: "stopped" };
      if (this.#holds > 0 || this.#asleepSince !== undefined) {
        this.#tellAsleep();
        await this.#rest(signal);
        continue;
      }
      const leave = new AbortController();
      this.#leave = leave;
      this.#watch();
      const running = this.#link.run(AbortSignal.any([signal, leave.signal]));
      this.#tellLinked();
      const ending = await running;
      this.#leave = undefined;
      this.#cancelWatch();
      if (ending.kind !== "stopped") return ending;
    }
  }

  /** Lets go of the connection, and does not make it again until as many times `release`, or `revoke`. */
  hold(): void {
    this.#holds++;
    this.#leave?.abort();
  }

  release(): void {
    this.#holds--;
    this.#endRest?.();
  }

  /** The shell cannot be had any more: `run` ends, now or when it is called. */
  revoke(error: AgentdError): void {
    this.#revoked = error;
    this.#leave?.abort();
    this.#endRest?.();
    // Whoever waits to kill it learns that there is nothing left.
    this.#tellLinked();
  }

  send(bytes: Uint8Array): boolean {
    const taken = this.#link.send(bytes);
    if (taken) this.#wakeUp();
    return taken;
  }

  resize(size: Size): void {
    this.#link.resize(size);
  }

  async kill(signal: AbortSignal): Promise<ShellExit | undefined> {
    for (;;) {
      this.#used();
      if (this.#endRest !== undefined || this.#leave?.signal.aborted === true) await this.#linked(signal);
      if (this.#revoked !== undefined) return undefined;
      const leave = this.#leave;
      try {
        return await this.#link.kill(signal);
      } catch (error) {
        // The connection was let go under it: asked again when the next one is there.
        if (signal.aborted || leave?.signal.aborted !== true) throw error;
      }
    }
  }

  /** A person is looking. */
  retryNow(): void {
    this.#wakeUp();
    this.#link.retryNow();
  }

  /** The machine slept; a shell that rests is left alone. */
  wake(): void {
    if (this.#leave !== undefined) this.#link.wake();
  }

  nudge(): void {
    this.#link.nudge();
  }

  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  /** Ends an idle rest. Resolves when the link runs again, when it never will, or when `signal` aborts. */
  async #linked(signal: AbortSignal): Promise<void> {
    if (this.#revoked !== undefined || signal.aborted) return;
    const linked = new Promise<void>((resolve) => {
      this.#onLinked.push(resolve);
    });
    this.#wakeUp();
    await abortable(linked, signal).catch(() => {});
  }

  #tellLinked(): void {
    for (const linked of this.#onLinked.splice(0)) linked();
  }

  #used(): void {
    if (this.#options.idleStopMs !== undefined) this.#lastUse = this.#options.clock.monotonic();
  }

  #wakeUp(): void {
    this.#used();
    if (this.#asleepSince === undefined) return;
    this.#asleepSince = undefined;
    this.#endRest?.();
  }

  #tellAsleep(): void {
    const { handlers, idleStopMs } = this.#options;
    const since = this.#asleepSince;
    if (since !== undefined) handlers.onLink({ kind: "asleep", since, idleMs: idleStopMs ?? 0 });
  }

  async #rest(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => {
        signal.removeEventListener("abort", end);
        resolve();
      };
      this.#endRest = end;
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
    });
    this.#endRest = undefined;
  }

  #watch(): void {
    const { clock, idleStopMs } = this.#options;
    if (idleStopMs === undefined) return;
    this.#lastUse = clock.monotonic();
    this.#lookAgainIn(idleStopMs);
  }

  #lookAgainIn(delayMs: number): void {
    const { clock } = this.#options;
    this.#cancelWatch();
    this.#cancelWatch = clock.setTimeout(() => this.#look(), delayMs);
  }

  #look(): void {
    const { clock, idleStopMs = Number.POSITIVE_INFINITY, isUrgent } = this.#options;
    const isAttached = isUrgent();
    if (isAttached) this.#used();
    const leftMs = this.#lastUse + idleStopMs - clock.monotonic();
    if (leftMs > 0) {
      this.#lookAgainIn(isAttached ? Math.min(leftMs, LOOK_EVERY_MS) : leftMs);
      return;
    }
    this.#asleepSince = clock.now();
    this.#leave?.abort();
  }
}
