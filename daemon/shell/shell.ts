// The hub: one shell, its upstream, its screen and its attached clients.
import { AgentdError } from "../../shared/errors.js";
import type { Notice } from "../../shared/notice.js";
import type { AttachParams, AttachResult, ShellInfo } from "../../shared/rpc.js";
import type { Size } from "../../shared/size.js";
import type { ShellExit } from "../../shared/status.js";
import type { Ending, LinkEvent } from "../upstream/link.js";
import { Activity } from "./activity.js";
import { CheckpointKeeper } from "./checkpoint/checkpoint-keeper.js";
import { AttachedClient } from "./clients/attached-client.js";
import type { ClientHost, ClientSink } from "./clients/client-host.js";
import { roleOf } from "./clients/client-role.js";
import { applyResize, type ResizeRequest } from "./clients/resize-request.js";
import { ShellInput } from "./input/shell-input.js";
import { LinkJournal } from "./link-journal.js";
import { lastNotice, nameHolders, tellState } from "./link-notices.js";
import { Milestone } from "./milestone.js";
import { OutputPath } from "./output/output-path.js";
import { placeOutput } from "./output/output-place.js";
import type { ReadableOutput } from "./output/readable-output.js";
import type { ShellDeps, ShellUpstream } from "./shell-deps.js";
import { describeShell } from "./shell-info.js";
import { afterEnding, afterLink, isOver, type ShellState } from "./shell-state.js";
import { connectedAs, overState, recordLink, recordOver, type ShellRecord } from "./state/shell-record.js";

/** Whoever reads a screen waits this long for a shell that is just being found again after a restart of the daemon, its replay included. */
const SETTLE_MS = 2_000;

/**
 * Invariants: no client with a terminal slows the upstream; the screen does for milliseconds, and see laggards.ts; input goes to the upstream in the
 * order it came, and from clients that may type; stopping never ends the shell's process, only `kill` asks for that; the
 * record was durable before this object was made (the registry sees to it). Those of the output are in output-path.ts.
 */
export class Shell {
  readonly record: ShellRecord;
  readonly #deps: ShellDeps;
  readonly #upstream: ShellUpstream;
  readonly #output: OutputPath;
  readonly #clientHost: ClientHost = {
    drawing: (view) => this.#output.drawing(view),
    tail: () => this.#output.tail,
    offset: () => this.#output.offset,
    monotonic: () => this.#deps.clock.monotonic(),
    input: (from, bytes) => this.input.handle(from, bytes),
    lead: (from) => this.#clients.typed(from),
    measured: (from, newSize) => this.#clients.sizes.push(from, newSize),
    settleSize: (from) => this.#clients.sizes.settle(from),
    backlog: (from, bytes) => this.#output.reportBacklog(from, bytes),
    left: (from) => this.#clients.remove(from),
  };
  readonly #stop = new AbortController();
  readonly #settled = new Milestone();
  #state: ShellState = { kind: "starting" };
  #running: Promise<void> = Promise.resolve();
  readonly #journal = new LinkJournal();
  /** For the verbs that type. */
  readonly input: ShellInput;
  readonly #activity: Activity;
  readonly #checkpoints: CheckpointKeeper | undefined;
  #attachedAt: number | undefined;
  #lastError: AgentdError | undefined;

  constructor(record: ShellRecord, deps: ShellDeps) {
    this.record = record;
    this.#deps = deps;
    this.#output = new OutputPath({
      record,
      clock: deps.clock,
      screen: {
        scrollback: deps.scrollback,
        slicer: deps.slicer,
        onReply: (bytes) => void this.#upstream.send(bytes),
        onTitle: () => deps.onChange(this),
        onCwd: () => deps.onChange(this),
        onFault: (cause) => deps.onFault?.(this, cause),
      },
      onPressure: (high) => (high ? this.#upstream.pause() : this.#upstream.resume()),
      onResize: (newSize) => this.#handleResize(newSize),
      onReplayed: () => this.#settled.reach(),
      onCutReplay: () => this.#upstream.nudge(),
      onChange: () => deps.onChange(this),
    });
    this.#activity = new Activity(deps.clock, this.#output.watchers, () => deps.onActive?.(this) ?? false);
    this.#checkpoints = CheckpointKeeper.of(deps.checkpoints?.(record), deps.clock, this.#output);
    this.#upstream = deps.createUpstream({
      record,
      size: this.#output.size,
      have: () => this.#output.have,
      handlers: {
        onFrame: (frame) => this.#output.handleFrame(frame),
        onLink: (event) => this.#handleLink(event),
        onInputPressure: (high) => this.#clients.pauseInput(high),
      },
      isUrgent: () => this.#clients.size > 0,
    });
    this.input = new ShellInput({
      clock: deps.clock,
      upstream: this.#upstream,
      clients: this.#clients,
      watchers: this.#output.watchers,
      state: () => this.#state,
      name: () => record.name,
      onInput: () => this.#activity.note(),
    });
    this.#setState(overState(record) ?? this.#state);
  }

  get #clients(): OutputPath["clients"] {
    return this.#output.clients;
  }

  get state(): ShellState {
    return this.#state;
  }

  /** Why the shell is gone or not live; for the answer to `shell.new`. */
  get lastError(): AgentdError | undefined {
    return this.#lastError;
  }

  /** Resolves when the shell is live and its replay is drawn, or when it is over. */
  get settled(): Promise<void> {
    return this.#settled.reached;
  }

  info(): ShellInfo {
    return describeShell({
      record: this.record,
      state: this.#state,
      output: this.#output,
      activeAt: this.#activity.at,
      attached: this.#clients.describe(),
      attachedAt: this.#attachedAt,
      heldBytes: this.#upstream.queuedBytes,
      link: this.#journal,
    });
  }

  /** Connects, and stays connected. An ended shell is left as it is. */
  start(): void {
    if (isOver(this.#state)) return;
    this.#running = this.#upstream.run(this.#stop.signal).then(
      (ending) => this.#handleEnding(ending),
      (error: unknown) => this.#handleEnding({ kind: "gone", error: AgentdError.from(error) }),
    );
  }

  /**
   * Attaches a client whose frames go to `sink`, in every state: of a dead shell it sees the last screen and how it ended.
   * Call `client.start()` when the answer was written.
   */
  async attach(
    sink: ClientSink,
    params: AttachParams,
    program?: string,
  ): Promise<{ readonly result: AttachResult; readonly client: AttachedClient }> {
    await this.ready();
    if (this.#state.kind !== "taken") this.#upstream.retryNow();
    else if (params.take === true) this.start();
    const resumed = params.resume === undefined ? undefined : this.#output.resumeFrom(params.resume);
    const client = new AttachedClient({
      sink,
      host: this.#clientHost,
      ...roleOf(params, program),
      since: this.#deps.clock.now(),
      attached: this.#clients.nextOrder(),
      ...(resumed === undefined ? {} : { resume: resumed }),
    });
    const reason = params.take === true ? "taken" : params.detachOthers === true ? "other" : undefined;
    if (reason !== undefined) this.#clients.finish({ kind: "detached", reason });
    if (params.terminal !== false) this.#attachedAt = this.#deps.clock.now();
    // First the size, if this client decides it, then the mark: what is drawn must fit the client's terminal.
    this.#clients.add(client);
    if (resumed === undefined) client.redraw();
    tellState(client, this.#state, this.record.createdAt, this.#upstream.queuedBytes);
    const { epoch, offset } = this.#output;
    const from = { epoch, offset: resumed?.offset ?? offset, resumed: resumed !== undefined };
    return { result: { shell: this.info(), ...from }, client };
  }

  /** See `shell.resize` in rpc.ts. */
  resize(request: ResizeRequest): void {
    applyResize(this.record, this.#output, request);
    this.#deps.onRecord(this);
    this.#deps.onChange(this);
  }

  /** Resolves when a shell that is just being found again is there, its replay included, or takes too long for that. */
  async ready(): Promise<void> {
    if (this.#state.kind !== "reconnecting") await this.#settled.within(SETTLE_MS, this.#deps.clock);
  }

  get output(): ReadableOutput {
    return this.#output;
  }

  /** Ends the attachment of every client; returns how many there were. */
  detachAll(notice: Notice): number {
    return this.#clients.finish(notice);
  }

  /**
   * Ends the shell's process; resolves when the upstream has said so.
   * @throws AgentdError when it cannot be done now; the shell is then unharmed.
   */
  async kill(signal: AbortSignal): Promise<ShellExit | undefined> {
    if (isOver(this.#state)) return this.#state.kind === "ended" ? this.#state.exit : undefined;
    if (this.#state.kind === "taken") this.start(); // To end a shell that another client took is to take it back first.
    const exit = await this.#upstream.kill(signal);
    await this.#running;
    this.#handleEnding({ kind: "exited", exit: exit ?? { kind: "unknown", message: "killed" } });
    return exit;
  }

  /** Leaves the shell running upstream, and ends the streams of its clients with `notice`. */
  async stop(notice: Notice): Promise<void> {
    this.#clients.finish(notice);
    this.input.stop();
    this.#activity.stop();
    this.#stop.abort();
    await this.#running;
    await this.#checkpoints?.stop(isOver(this.#state));
    this.#output.dispose();
  }

  /** The machine slept: sees what is left of the link. */
  wake(): void {
    if (!isOver(this.#state)) this.#upstream.wake();
  }

  #handleLink(told: LinkEvent): void {
    const event = nameHolders(told, this.#deps.neighbours(this));
    const { verdict: before, wasLive } = this.#journal;
    const notice = this.#journal.note(event, this.#upstream.queuedBytes);
    if (event.kind === "discarded") this.input.dropped();
    if (event.kind === "live") this.#handleLive(event, wasLive);
    // Where the output is not counted, a new shell shows itself only now.
    const isLateNew = event.kind === "confirmed" && event.verdict === "new" && before === "unknown";
    if (isLateNew && !this.#output.isCounted) this.#output.beginAnew(undefined, 0);
    if (event.kind === "replayed") this.#handleReplayed(event);
    if (recordLink(this.record, event)) this.#deps.onRecord(this);
    this.#setState(afterLink(this.#state, event, this.#deps.clock.now()));
    if (notice !== undefined) this.#clients.notify(notice);
    if (event.kind === "needs-credentials" || event.kind === "capacity") {
      const code = event.kind === "capacity" ? "capacity" : "no_credentials";
      this.#lastError = new AgentdError(code, event.message);
      this.#settled.reach();
    }
  }

  #handleLive(event: Extract<LinkEvent, { kind: "live" }>, wasLive: boolean): void {
    const { verdict, epoch, end, ids } = event;
    placeOutput(this.#output, event, wasLive, this.#checkpoints?.take());
    if (connectedAs(this.record, ids)) this.#deps.onRecord(this);
    this.#lastError = undefined;
    // Only where the output is counted does a client that resumes have something to wait for.
    if (epoch === undefined || verdict === "first") this.#settled.reach();
    if (verdict !== "first" && (verdict !== "new" || end !== undefined)) this.#output.beginReplay(end);
  }

  /** A program that draws itself anew heals what bytes alone cannot prove to be right, or cannot bring back. */
  #handleReplayed({ ambiguous, missing }: Extract<LinkEvent, { kind: "replayed" }>): void {
    this.#output.replayResolved();
    const isPartial = ambiguous || missing !== undefined || this.#journal.isFirstLife;
    if (isPartial || this.#output.isAlternate) this.#upstream.nudge();
    this.#deps.onChange(this);
  }

  #handleEnding(ending: Ending): void {
    const before = this.#state;
    this.#setState(afterEnding(before, ending, this.#deps.clock.now()));
    if (ending.kind !== "stopped") this.#output.endReplay();
    this.#settled.reach();
    if (isOver(before)) return;
    if (ending.kind === "taken") this.#clients.notify({ kind: "taken" });
    if (ending.kind === "gone") this.#lastError = nameHolders(ending.error, this.#deps.neighbours(this));
    const last = lastNotice(this.#state, this.record.createdAt);
    if (last === undefined) return;
    recordOver(this.record, this.#state);
    this.#deps.onRecord(this);
    this.#clients.finish(last);
  }

  #handleResize(size: Size): void {
    this.#upstream.resize(size);
    this.#checkpoints?.noteResize();
    Object.assign(this.record, size);
    this.#deps.onChange(this);
  }

  #setState(state: ShellState): void {
    if (state === this.#state) return;
    this.#state = state;
    if (isOver(state) || state.kind === "asleep") this.#settled.reach();
    this.#deps.onChange(this);
  }
}
