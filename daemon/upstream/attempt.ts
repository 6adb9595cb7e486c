// One attempt to be connected: signs, opens, finds out whose shell answers and what of its output is new; ends with a typed end.
import { AgentdError } from "../../shared/errors.js";
import type { Uncertainty } from "./aftermath.js";
import { Attachment } from "./attachment.js";
import { momentOf } from "./clock.js";
import { Connection } from "./connection.js";
import type { UpstreamDeps } from "./deps.js";
import type { Doubt } from "./doubt.js";
import { abortable } from "./interruptible.js";
import type { Have, LinkEvent } from "./link.js";
import type { ConnectionEnd } from "./outcome.js";
import type { Pacer } from "./pacer.js";
import type { ReplayGate } from "./replay/replay-gate.js";
import type { ReplayDecision } from "./replay/replay-resolver.js";
import type { ServerKnowledge } from "./replay/server-knowledge.js";
import { Rotation, ttlOf } from "./rotation.js";
import { upgradeRequest } from "./service/upgrade-request.js";
import type { SocketRequest } from "./socket.js";
import type { UpstreamIds, UpstreamTarget } from "./target.js";

export interface AttemptOptions {
  readonly target: UpstreamTarget;
  readonly ids: UpstreamIds;
  /** Nothing was ever connected to under these ids. */
  readonly first: boolean;
  /** Exact mode: what the caller holds of the output. */
  readonly have: Have | undefined;
  /** Made only to learn whether the old shell is still there: a new one is not adopted. */
  readonly learning: boolean;
  readonly doubt: Doubt;
  readonly server: ServerKnowledge;
  readonly pacer: Pacer;
  readonly gate: ReplayGate;
  readonly deps: UpstreamDeps;
  /** Somebody is attached to this shell. */
  readonly isUrgent: () => boolean;
  /** The connection is open; `ids` are in force from now on. Before its `live` event. */
  onOpen(): void;
  onLink(event: LinkEvent): void;
  /** What the replay showed; a second time when it turns out to have been a full ring. Says whether output may be missing. */
  onReplay(decision: Pick<ReplayDecision, "kind">): boolean;
}

const CERTAIN: Uncertainty = {
  inputInDoubt: 0,
  outputInDoubtSince: undefined,
  lastOutputAt: undefined,
  endedAt: { ms: 0, wallMs: 0 },
};

/** An upgrade that outlives a sleep is answered in this time, or made anew. */
const UPGRADE_AFTER_WAKE_MS = 10_000;

/** Our choice: a credential process may ask somebody, and a disk in the network may never answer. */
const SIGN_TIMEOUT_MS = 60_000;

/** Invariants: at most one connection is made; after `run` has resolved nothing is reported any more. */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #attachment: Attachment;
  #connection: Connection | undefined;
  #rotation: Rotation | undefined;
  #lastOutputAt: number | undefined;
  #uncertainty = CERTAIN;
  #gateOpen = false;
  #cancelHurry: (() => void) | undefined;

  constructor(options: AttemptOptions) {
    const { deps, doubt, first, have, ids, pacer, server, target } = options;
    this.#options = options;
    this.#attachment = new Attachment({
      clock: deps.clock,
      pacer,
      first,
      asked: ids,
      have,
      attachOnly: target.kind === "local",
      inDoubt: doubt.present,
      expectConfirmation: server.confirms,
      onLink: (event) => this.#handleLink(event),
    });
  }

  /** The open connection, for what can be asked of one. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** The server has named the terminal that it counts the output of: it was there. */
  get isExact(): boolean {
    return this.#attachment.exact;
  }

  get uncertainty(): Uncertainty {
    return this.#uncertainty;
  }

  /** The machine slept: an upgrade that was under way may have been sent into a network that is gone. */
  wake(): void {
    const connection = this.#connection;
    connection?.probe();
    if (connection === undefined || this.#attachment.opened || this.#cancelHurry !== undefined) return;
    const end = { kind: "failed", code: "ETIMEDOUT", message: "no answer after waking up" } as const;
    const { clock } = this.#options.deps;
    this.#cancelHurry = clock.setTimeout(() => connection.leave(end), UPGRADE_AFTER_WAKE_MS);
  }

  async run(signal: AbortSignal): Promise<ConnectionEnd> {
    const { deps, doubt, isUrgent, server, target } = this.#options;
    let request: SocketRequest;
    let answered = () => {};
    try {
      if (target.kind === "agentcore") {
        answered = (await deps.admission?.enter(isUrgent, signal)) ?? answered;
      }
      request = await abortable(this.#signInTime(), signal);
    } catch (error) {
      answered();
      return signal.aborted ? { kind: "stopped" } : { kind: "unsigned", error: AgentdError.from(error) };
    }
    const connection = this.#connect(request, answered);
    this.#connection = connection;
    const stop = () => connection.leave({ kind: "stopped" });
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const end = await connection.ended;
    signal.removeEventListener("abort", stop);
    answered();
    this.#finish(connection);
    doubt.update(this.#attachment, end);
    server.learnFromConnection(this.#attachment, end);
    return end;
  }

  async #signInTime(): Promise<SocketRequest> {
    let cancel = () => {};
    const late = new Promise<never>((_resolve, reject) => {
      const error = new AgentdError("no_credentials", `no credentials within ${SIGN_TIMEOUT_MS / 1000} s`);
      cancel = this.#options.deps.clock.setTimeout(() => reject(error), SIGN_TIMEOUT_MS);
    });
    return Promise.race([this.#sign(), late]).finally(() => cancel());
  }

  #sign(): Promise<SocketRequest> {
    const { deps, first, have, ids, server, target } = this.#options;
    const attachOnly = target.kind === "local";
    // A shell from before this process, of which the caller holds nothing: what is left of its output is all new.
    const everything = server.mayBeExact && (attachOnly || !first) ? ("everything" as const) : undefined;
    const { clockOffsetMs, freshCredentials } = server;
    return upgradeRequest({
      target,
      ids,
      have: have ?? everything,
      attachOnly,
      clockOffsetMs,
      freshCredentials,
      deps,
    });
  }

  #connect(request: SocketRequest, answered: () => void): Connection {
    const { deps, gate, onLink, onOpen, pacer, target } = this.#options;
    const attachment = this.#attachment;
    const connection = new Connection({
      request,
      pacer,
      deps,
      handlers: {
        onOpen: (headers) => {
          answered();
          this.#cancelHurry?.();
          if (target.kind === "agentcore") {
            const onDue = (ageMs: number) => connection.leave({ kind: "rotated", ageMs });
            const ttlMs = ttlOf(deps);
            this.#rotation = new Rotation({ clock: deps.clock, ttlMs, random: deps.random(), onDue });
          }
          // The owner may want to kill or to pause it: it has to know it by now.
          this.#connection = connection;
          onOpen();
          attachment.handleOpen(headers);
        },
        onOutput: (frame) => {
          this.#lastOutputAt = deps.clock.monotonic();
          this.#rotation?.handleOutput();
          gate.push(frame);
        },
        onConfirmation: (confirmation) => {
          attachment.handleConfirmation(confirmation);
          gate.confirmation(confirmation.bytesDropped);
        },
        onSilence: (forMs) => onLink({ kind: "silent", ...(forMs === undefined ? {} : { forMs }) }),
      },
    });
    return connection;
  }

  #handleLink(event: LinkEvent): void {
    const { gate, learning, onLink, onReplay } = this.#options;
    const attachment = this.#attachment;
    if (learning && attachment.verdict === "new") {
      gate.abandon();
      // The verdict is told by the ending; what was typed for the old shell is not in it.
      const bytes = event.kind === "live" || event.kind === "confirmed" ? (event.heldDiscarded ?? 0) : 0;
      if (bytes > 0) onLink({ kind: "discarded", bytes });
      this.#connection?.leave({ kind: "replaced" });
      return;
    }
    onLink(event);
    if (attachment.exact || attachment.verdict === "first" || attachment.verdict === "new") {
      // Once: what is said later of this shell does not make another one of it.
      if (!this.#gateOpen) gate.open(attachment.exact);
      this.#gateOpen = true;
    } else if (event.kind === "live") {
      gate.beginReplay(
        (decision) => {
          const mayMiss = onReplay(decision);
          attachment.handleReplay(decision.sameShell);
          return mayMiss;
        },
        () => onReplay({ kind: "gap" }),
      );
    }
    this.#connection?.pump();
  }

  #finish(connection: Connection): void {
    this.#rotation?.stop();
    this.#cancelHurry?.();
    this.#attachment.stop();
    this.#options.gate.end();
    const endedAt = momentOf(this.#options.deps.clock);
    const { inputInDoubt, outputInDoubtSince } = connection;
    this.#uncertainty = { inputInDoubt, outputInDoubtSince, lastOutputAt: this.#lastOutputAt, endedAt };
    this.#connection = undefined;
  }
}
