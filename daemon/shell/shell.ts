// The hub: one shell, its upstream, its screen and its attached clients.
import { randomUUID } from "node:crypto";
import { Channel } from "../../shared/channel.js";
import { AgentdError } from "../../shared/errors.js";
import { framePayload } from "../../shared/frame.js";
import type { Notice, Verdict } from "../../shared/notice.js";
import type { AttachParams, AttachResult, ShellInfo } from "../../shared/rpc.js";
import { clampSize, type Size, sameSize } from "../../shared/size.js";
import { encodeSnapshot } from "../../shared/snapshot.js";
import type { ShellExit } from "../../shared/status.js";
import { Screen } from "../terminal/screen.js";
import { SequenceTail } from "../terminal/sequence-tail.js";
import type { Slicer } from "../terminal/slicer.js";
import type { Clock } from "../upstream/clock.js";
import type { Ending, Have, LinkEvent, UpstreamHandlers } from "../upstream/link.js";
import { AttachedClient, type ClientSink, outputFrames } from "./attached-client.js";
import { ClientGroup } from "./client-group.js";
import { lastNotice, noticeOf } from "./link-notices.js";
import { OutputLog } from "./output-log.js";
import { ReplayWindow } from "./replay-window.js";
import { describeShell } from "./shell-info.js";
import type { ShellRecord } from "./shell-record.js";
import { afterEnding, afterLink, isOver, type ShellState } from "./shell-state.js";

/** What the hub needs of an upstream; daemon/upstream's `Upstream` is one. */
export interface ShellUpstream {
  run(signal: AbortSignal): Promise<Ending>;
  send(bytes: Uint8Array): boolean;
  resize(size: Size): void;
  kill(signal: AbortSignal): Promise<ShellExit | undefined>;
  retryNow(): void;
  pause(): void;
  resume(): void;
}

export interface UpstreamRequest {
  readonly record: ShellRecord;
  readonly size: Size;
  /** Exact mode: what the hub holds of the output; undefined when it holds nothing. */
  have(): Have | undefined;
  readonly handlers: UpstreamHandlers;
}

export interface ShellDeps {
  readonly clock: Clock;
  readonly slicer: Slicer;
  /** Lines of scrollback. */
  readonly scrollback: number;
  createUpstream(request: UpstreamRequest): ShellUpstream;
  /** Something that `ls` shows has changed. */
  onChange(shell: Shell): void;
  /** Something that must survive the daemon has changed. */
  onRecord(shell: Shell): void;
}

/** An attach waits this long for a shell that is just being found again after a restart of the daemon. */
const SETTLE_MS = 2_000;

/**
 * Invariants (design.md, section 6):
 * 1. One turn: an output frame goes to the ring, the screen and every client without an await between.
 * 2. Attach: the client holds, and its mark is in the screen's queue, from one and the same turn on; at the mark come
 *    snapshot, unfinished sequence, held output, live output.
 * 3. A resize goes through the screen's queue.
 * 4. Queries are answered by the screen only while no client leads, and never when they come from a replay.
 * 5. Clients never slow the upstream; only the screen does, for milliseconds.
 * 9. `deps.onRecord` has resolved durably before the upstream is created: the registry sees to it.
 * 14. Stopping never kills: only `kill` asks the upstream to.
 */
export class Shell {
  readonly record: ShellRecord;
  readonly #deps: ShellDeps;
  readonly #upstream: ShellUpstream;
  readonly #screen: Screen;
  readonly #tail = new SequenceTail();
  readonly #output: OutputLog;
  readonly #clients: ClientGroup;
  readonly #replay: ReplayWindow;
  readonly #stop = new AbortController();
  readonly #settled: Promise<void>;
  readonly #settle: () => void;
  #state: ShellState = { kind: "starting" };
  #size: Size;
  #held = false;
  #wasLive = false;
  #running: Promise<void> = Promise.resolve();
  #verdict: Verdict | undefined;
  #pid: number | undefined;
  #attachedAt: number | undefined;
  #lastError: AgentdError | undefined;

  constructor(record: ShellRecord, deps: ShellDeps) {
    this.record = record;
    this.#deps = deps;
    let settle: () => void = () => {};
    this.#settled = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settle = settle;
    this.#size = { cols: record.cols, rows: record.rows };
    this.#output = new OutputLog(randomUUID());
    this.#clients = new ClientGroup({
      onSize: (size) => this.#resize(size),
      onChange: () => deps.onChange(this),
    });
    this.#replay = new ReplayWindow(deps.clock, (on) => {
      this.#clients.setReplaying(on);
      if (!on) this.#settle();
    });
    this.#screen = new Screen({
      ...this.#size,
      scrollback: deps.scrollback,
      slicer: deps.slicer,
      onReply: (bytes) => void this.#upstream.send(bytes),
      onTitle: () => deps.onChange(this),
      onCwd: () => deps.onChange(this),
      onPressure: (high) => (high ? this.#upstream.pause() : this.#upstream.resume()),
    });
    this.#upstream = deps.createUpstream({
      record,
      size: this.#size,
      have: () => (this.#held ? { epoch: this.#output.epoch, offset: this.#output.offset } : undefined),
      handlers: {
        onFrame: (frame) => this.#handleFrame(frame),
        onLink: (event) => this.#handleLink(event),
        onInputPressure: (high) => this.#clients.pauseInput(high),
      },
    });
    if (record.ended !== undefined) this.#setState({ kind: "ended", ...record.ended });
  }

  get state(): ShellState {
    return this.#state;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Why the shell is gone, or why it is not live; for the answer to `shell.new`. */
  get lastError(): AgentdError | undefined {
    return this.#lastError;
  }

  /** Resolves when the shell is live and its replay is drawn, or when it is over; at once when that has been. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  info(): ShellInfo {
    return describeShell({
      record: this.record,
      state: this.#state,
      size: this.#size,
      clients: this.#clients.size,
      ...(this.#screen.title === undefined ? {} : { title: this.#screen.title }),
      ...(this.#screen.cwd === undefined ? {} : { cwd: this.#screen.cwd }),
      ...(this.#attachedAt === undefined ? {} : { attachedAt: this.#attachedAt }),
      ...(this.#verdict === undefined ? {} : { verdict: this.#verdict }),
      ...(this.#pid === undefined ? {} : { pid: this.#pid }),
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
   * Attaches a client whose frames go to `sink`. Call `client.start()` when the answer was written.
   * @throws AgentdError never for a state of the shell: a client of a dead shell sees its last screen and how it ended.
   */
  async attach(
    sink: ClientSink,
    params: AttachParams,
  ): Promise<{ readonly result: AttachResult; readonly client: AttachedClient }> {
    if (this.#state.kind === "starting") await this.#settledSoon();
    if (this.#state.kind === "taken" && params.take === true) this.start();
    else this.#upstream.retryNow();
    const resumed = params.resume === undefined ? undefined : this.#output.resumeFrom(params.resume);
    const canLead = params.readOnly !== true && params.ignoreSize !== true && params.terminal !== false;
    const client = new AttachedClient(
      {
        sink,
        host: {
          drawing: () => this.#drawing(),
          tail: () => this.#tail.bytes,
          input: (from, bytes) => this.#handleInput(from, bytes),
          lead: (from) => this.#clients.typed(from),
          resized: (from) => this.#clients.resized(from),
          left: (from) => this.#clients.remove(from),
        },
        size: clampSize(params.cols, params.rows),
        canLead,
        readOnly: params.readOnly === true,
        attached: this.#clients.nextOrder(),
      },
      resumed === undefined ? undefined : outputFrames(resumed),
    );
    const offset = resumed === undefined ? this.#output.offset : (params.resume?.offset ?? 0);
    if (params.take === true) this.#clients.finish({ kind: "detached", reason: "taken" });
    else if (params.detachOthers === true) this.#clients.finish({ kind: "detached", reason: "other" });
    this.#attachedAt = this.#deps.clock.now();
    this.#clients.add(client);
    this.#sayState(client);
    const result = { shell: this.info(), epoch: this.#output.epoch, offset, resumed: resumed !== undefined };
    return { result, client };
  }

  /** Types bytes without being attached. @throws AgentdError `shell_ended`, `too_busy`. */
  send(bytes: Uint8Array): void {
    this.#refuseWhenOver();
    if (!this.#upstream.send(bytes)) {
      throw new AgentdError(
        "too_busy",
        `shell '${this.record.name}' does not take more input now · try again later`,
      );
    }
  }

  /** The screen as text; see shell.capture in rpc.ts. */
  async capture(options: { readonly start?: number; readonly ansi?: boolean }): Promise<string> {
    if (this.#state.kind === "starting") await this.#settledSoon();
    return this.#screen.text(options);
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
    if (this.#state.kind === "ended") return this.#state.exit;
    if (this.#state.kind === "gone") return undefined;
    const exit = await this.#upstream.kill(signal);
    await this.#running;
    const ended: ShellExit = exit ?? { kind: "unknown", message: "killed" };
    this.#handleEnding({ kind: "exited", exit: ended });
    return exit;
  }

  /** Leaves the shell running upstream, and ends the streams of its clients with `notice`. */
  async stop(notice: Notice): Promise<void> {
    this.#clients.finish(notice);
    this.#stop.abort();
    await this.#running;
    this.#replay.close();
    this.#screen.dispose();
  }

  #handleFrame(frame: Uint8Array): void {
    const payload = framePayload(frame);
    if (frame[0] === Channel.Stdout) this.#output.append(payload);
    this.#tail.push(payload);
    const answer = this.#clients.leader === undefined && !this.#replay.open;
    // One turn: no await between here and the end of this function.
    this.#screen.write(payload, answer);
    this.#clients.deliver(frame);
    this.#replay.handleOutput(this.#output.offset);
  }

  #handleInput(from: AttachedClient, bytes: Uint8Array): void {
    if (from.canLead) this.#clients.typed(from);
    if (!isOver(this.#state)) this.#upstream.send(bytes);
  }

  #handleLink(event: LinkEvent): void {
    const reconnect = this.#wasLive;
    if (event.kind === "live") this.#handleLive(event);
    if (event.kind === "confirmed" && event.verdict !== "first") this.#verdict = event.verdict;
    if (
      (event.kind === "live" && (event.gap ?? 0) > 0) ||
      (event.kind === "confirmed" && event.bytesDropped > 0)
    ) {
      this.record.bytesLost += event.kind === "live" ? (event.gap ?? 0) : event.bytesDropped;
      this.#deps.onRecord(this);
    }
    this.#setState(afterLink(this.#state, event, this.#deps.clock.now()));
    const notice = noticeOf(event, reconnect);
    if (notice !== undefined) this.#clients.notify(notice);
    if (event.kind === "needs-credentials" || event.kind === "capacity") {
      this.#lastError = new AgentdError(
        event.kind === "capacity" ? "capacity" : "no_credentials",
        event.message,
      );
      this.#settle();
    }
  }

  #handleLive(event: Extract<LinkEvent, { kind: "live" }>): void {
    const { verdict, epoch, offset, end, ids } = event;
    if (verdict !== "first") this.#verdict = verdict;
    this.#pid = event.pid ?? this.#pid;
    const isOther = verdict === "new" || (epoch !== undefined && epoch !== this.#output.epoch);
    if (isOther && this.#wasLive) this.#beginAnew(epoch ?? randomUUID(), offset ?? 0);
    else if (epoch !== undefined && (isOther || offset !== this.#output.offset)) {
      this.#output.restart(epoch, offset ?? 0);
    }
    this.#held = true;
    this.#wasLive = true;
    const { record } = this;
    const changed =
      !record.known || record.shellId !== ids.shellId || record.runtimeSessionId !== ids.runtimeSessionId;
    record.known = true;
    record.shellId = ids.shellId;
    record.runtimeSessionId = ids.runtimeSessionId;
    if (changed) this.#deps.onRecord(this);
    this.#lastError = undefined;
    if (verdict === "first") this.#settle();
    else this.#replay.begin(this.#output.offset, end);
  }

  /** Another terminal answers under our ids: its output must not be drawn into the modes that the old one left. */
  #beginAnew(epoch: string, offset: number): void {
    const reset = new TextEncoder().encode("\u001b[!p\u001b[?1049l\u001b[r\u001b[0m\r\n");
    this.#tail.push(Uint8Array.of(0x18));
    this.#screen.write(Uint8Array.of(0x18, ...reset), false);
    this.#output.restart(epoch, offset);
    this.#clients.redraw();
  }

  #handleEnding(ending: Ending): void {
    const before = this.#state;
    this.#setState(afterEnding(before, ending, this.#deps.clock.now()));
    if (ending.kind !== "stopped") this.#replay.close();
    this.#settle();
    if (isOver(before)) return;
    if (ending.kind === "taken") this.#clients.notify({ kind: "taken" });
    if (ending.kind === "gone") this.#lastError = ending.error;
    const last = lastNotice(this.#state, this.record.createdAt);
    if (last === undefined) return;
    if (this.#state.kind === "ended")
      this.record.ended = { exit: this.#state.exit, endedAt: this.#state.endedAt };
    this.#deps.onRecord(this);
    this.#clients.finish(last);
  }

  /** A client that comes while the link is down learns it at once. */
  #sayState(client: AttachedClient): void {
    const state = this.#state;
    const last = lastNotice(state, this.record.createdAt);
    if (last !== undefined) client.finish(last);
    else if (state.kind === "taken") client.notify({ kind: "taken" });
    else if (state.kind === "reconnecting") {
      const { attempt, reason, retryAt } = state;
      client.notify({
        kind: "lost",
        attempt,
        reason,
        ...(retryAt === undefined ? {} : { retryAt: iso(retryAt) }),
      });
    } else if (state.kind === "needs-credentials" || state.kind === "capacity") {
      const reason = state.kind === "capacity" ? "capacity" : "credentials";
      client.notify({ kind: "waiting", reason, message: state.message });
    }
    if (client !== this.#clients.leader && !sameSize(client.size, this.#size)) {
      client.notify({ kind: "resized", ...this.#size, leads: false });
    }
  }

  /** The mark and the position of the output are taken now, in this turn; the frames come when the screen is there. */
  async #drawing(): Promise<readonly Uint8Array[]> {
    const { epoch, offset } = this.#output;
    const size = this.#size;
    const tail = this.#tail.bytes.slice();
    const screen = await this.#screen.snapshot();
    const bytes = new Uint8Array(screen.length + tail.length);
    bytes.set(screen);
    bytes.set(tail, screen.length);
    return encodeSnapshot({ epoch, offset, size, bytes });
  }

  #resize(size: Size): void {
    if (sameSize(size, this.#size)) return;
    this.#size = size;
    this.#screen.resize(size);
    this.#upstream.resize(size);
    this.record.cols = size.cols;
    this.record.rows = size.rows;
    this.#clients.announceSize(size);
    this.#deps.onChange(this);
  }

  #setState(state: ShellState): void {
    if (state === this.#state) return;
    this.#state = state;
    if (isOver(state)) this.#settle();
    this.#deps.onChange(this);
  }

  #settledSoon(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.setTimeout(resolve, SETTLE_MS);
      this.#settled.then(() => {
        cancel();
        resolve();
      });
    });
  }

  #refuseWhenOver(): void {
    if (isOver(this.#state)) throw new AgentdError("shell_ended", `shell '${this.record.name}' has ended`);
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
