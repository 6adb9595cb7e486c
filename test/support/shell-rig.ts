// One shell hub with everything around it in memory: a scripted upstream, sinks that collect frames, a clock that tests turn.

import type { AttachedClient } from "../../daemon/shell/clients/attached-client.js";
import type { ClientSink } from "../../daemon/shell/clients/client-host.js";
import { Shell } from "../../daemon/shell/shell.js";
import type { ShellDeps, ShellUpstream, UpstreamRequest } from "../../daemon/shell/shell-deps.js";
import type { ShellRecord } from "../../daemon/shell/state/shell-record.js";
import { screenText } from "../../daemon/terminal/reading/screen-text.js";
import type { Ending, LinkEvent } from "../../daemon/upstream/link.js";
import { Channel } from "../../shared/channel.js";
import { encodeFrame } from "../../shared/frame.js";
import { decodeNotice, type Notice } from "../../shared/notice.js";
import type { AttachParams, AttachResult } from "../../shared/rpc.js";
import { decodeSnapshotPart } from "../../shared/snapshot.js";
import type { ShellExit } from "../../shared/status.js";
import { eventLoopSlicer } from "./event-loop-slicer.js";
import { VirtualClock } from "./virtual-clock.js";

export const EPOCH = "0d9c1bb6-6f64-4f4e-9d6c-1d1f6c3f6a11";

export const LOCAL_RECORD: ShellRecord = {
  name: "work",
  target: { kind: "local" },
  runtimeSessionId: "s".repeat(36),
  shellId: "shell-1",
  createdAt: 0,
  labels: {},
  cols: 80,
  rows: 24,
  known: false,
  bytesLost: 0,
};

/** The edge: what a server would do, said by the test. */
export class ScriptedUpstream implements ShellUpstream {
  readonly request: UpstreamRequest;
  /** Everything typed, in order. */
  input = Buffer.alloc(0);
  readonly sizes: string[] = [];
  runs = 0;
  paused = false;
  #end: ((ending: Ending) => void) | undefined;

  constructor(request: UpstreamRequest) {
    this.request = request;
  }

  run(signal: AbortSignal): Promise<Ending> {
    this.runs += 1;
    return new Promise((resolve) => {
      this.#end = resolve;
      signal.addEventListener("abort", () => resolve({ kind: "stopped" }), { once: true });
    });
  }

  send(bytes: Uint8Array): boolean {
    this.input = Buffer.concat([this.input, bytes]);
    return true;
  }

  resize({ cols, rows }: { cols: number; rows: number }): void {
    this.sizes.push(`${cols}x${rows}`);
  }

  async kill(): Promise<ShellExit | undefined> {
    const exit: ShellExit = { kind: "signal", signal: 1, exitCode: 129 };
    this.end({ kind: "exited", exit });
    return exit;
  }

  queuedBytes = 0;
  wakes = 0;
  nudges = 0;

  retryNow(): void {}
  wake(): void {
    this.wakes += 1;
  }
  nudge(): void {
    this.nudges += 1;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }

  link(event: Partial<LinkEvent> & { kind: LinkEvent["kind"] }): void {
    this.request.handlers.onLink(event as LinkEvent);
  }

  /** A connection is made; by default the first one, in exact mode. */
  live(extra: Partial<Extract<LinkEvent, { kind: "live" }>> = {}): void {
    const { runtimeSessionId, shellId } = this.request.record;
    this.link({
      kind: "live",
      verdict: "first",
      epoch: EPOCH,
      offset: 0,
      ids: { runtimeSessionId, shellId },
      ...extra,
    });
  }

  output(text: string | Uint8Array): void {
    this.request.handlers.onFrame(
      encodeFrame(Channel.Stdout, typeof text === "string" ? Buffer.from(text) : text),
    );
  }

  end(ending: Ending): void {
    this.#end?.(ending);
  }
}

/** A client's end of the stream: collects what it is sent, and reads it when the test says so. */
export class CollectingSink implements ClientSink {
  readonly frames: Uint8Array[] = [];
  ended = false;
  inputPaused = false;
  /** While true, what is sent stays queued. */
  stopped = false;
  #queued = 0;
  #drain: () => void = () => {};

  send(frame: Uint8Array): void {
    this.frames.push(frame.slice());
    if (this.stopped) this.#queued += frame.length;
  }

  get queuedBytes(): number {
    return this.#queued;
  }

  onDrain(callback: () => void): void {
    this.#drain = callback;
  }

  /** The client reads again. */
  read(): void {
    this.stopped = false;
    this.#queued = 0;
    this.#drain();
  }

  end(): void {
    this.ended = true;
  }

  pauseInput(): void {
    this.inputPaused = true;
  }

  resumeInput(): void {
    this.inputPaused = false;
  }

  /** What a terminal that follows the protocol has been told to draw since the last snapshot began, and where it stands. */
  get view(): { bytes: Buffer; offset: number; epoch: string | undefined; snapshots: number } {
    let bytes = Buffer.alloc(0);
    let offset = 0;
    let epoch: string | undefined;
    let snapshots = 0;
    for (const frame of this.frames) {
      const payload = frame.subarray(1);
      if (frame[0] === Channel.Snapshot) {
        const part = decodeSnapshotPart(payload);
        if (part?.header !== undefined) {
          bytes = Buffer.alloc(0);
          ({ offset, epoch } = part.header);
          snapshots += 1;
        }
        bytes = Buffer.concat([bytes, part?.bytes ?? Buffer.alloc(0)]);
      } else if (frame[0] === Channel.Stdout) {
        bytes = Buffer.concat([bytes, payload]);
        offset += payload.length;
      } else if (frame[0] === Channel.Notice) {
        const notice = decodeNotice(payload);
        if (notice?.kind === "position") offset = notice.offset;
      }
    }
    return { bytes, offset, epoch, snapshots };
  }

  /** The STDOUT payloads, joined. */
  get output(): string {
    return Buffer.concat(
      this.frames.filter((frame) => frame[0] === Channel.Stdout).map((frame) => frame.subarray(1)),
    ).toString();
  }

  get notices(): Notice[] {
    return this.frames
      .filter((frame) => frame[0] === Channel.Notice)
      .flatMap((frame) => decodeNotice(frame.subarray(1)) ?? []);
  }
}

export interface RigClient {
  readonly sink: CollectingSink;
  readonly client: AttachedClient;
  readonly result: AttachResult;
  type(text: string): void;
  frame(channel: number, payload?: string): void;
}

export class ShellRig {
  readonly clock = new VirtualClock();
  readonly shell: Shell;
  readonly records: ShellRecord[] = [];
  readonly faults: unknown[] = [];
  /** The registry's side. */
  onChange = () => {};
  upstream!: ScriptedUpstream;

  constructor(
    record: Partial<ShellRecord> = {},
    neighbours: readonly string[] = [],
    checkpoints?: ShellDeps["checkpoints"],
  ) {
    this.shell = new Shell(
      { ...LOCAL_RECORD, ...record },
      {
        clock: this.clock,
        slicer: eventLoopSlicer(),
        scrollback: 1000,
        neighbours: () => neighbours,
        ...(checkpoints === undefined ? {} : { checkpoints }),
        createUpstream: (request) => {
          this.upstream = new ScriptedUpstream(request);
          return this.upstream;
        },
        onChange: () => this.onChange(),
        onFault: (_, cause) => this.faults.push(cause),
        onRecord: (shell) => this.records.push(structuredClone(shell.record)),
      },
    );
  }

  /** Started and connected. */
  static live(record: Partial<ShellRecord> = {}): ShellRig {
    const rig = new ShellRig(record);
    rig.shell.start();
    rig.upstream.live();
    return rig;
  }

  async attach(params: Partial<AttachParams> = {}, start = true): Promise<RigClient> {
    const sink = new CollectingSink();
    const { client, result } = await this.shell.attach(sink, { name: "work", cols: 80, rows: 24, ...params });
    if (start) client.start();
    const frame = (channel: number, payload = "") =>
      client.handleFrame(encodeFrame(channel, Buffer.from(payload)));
    return { sink, client, result, frame, type: (text) => frame(Channel.Stdin, text) };
  }

  /** Everything that was output is on the screen, and every client that waited for that has it. */
  async drawn(): Promise<string> {
    const text = await this.shell.output.scan((state) => screenText(state, {}));
    await new Promise((resolve) => setImmediate(resolve));
    return text;
  }
}
