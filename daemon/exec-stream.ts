// One `exec.run`: the command's output as frames to one client, its end as a STATUS, given up when the client leaves.
import { Channel } from "../shared/channel.js";
import type { ExecEnd } from "../shared/cloud-rpc.js";
import { AgentdError } from "../shared/errors.js";
import { chunksOf, encodeFrame, encodeTextFrame } from "../shared/frame.js";
import type { PacketReceiver } from "./server/connection.js";
import type { ClientSink } from "./shell/clients/client-host.js";
import { OutputFilter } from "./terminal/filter/output-filter.js";
import { QueryFilter } from "./terminal/filter/query-filter.js";
import type { OneShotCall, OneShotEnd } from "./upstream/service/one-shot-call.js";

/** Output that the client has not read: above this the service waits. */
const MAX_QUEUED_BYTES = 1024 * 1024;

export interface ExecStreamOptions {
  readonly sink: ClientSink;
  /** Streams that end on a terminal: only harmless sequences pass, and no questions, which nobody would ask for the answers of. */
  readonly safe: { readonly stdout: boolean; readonly stderr: boolean };
  run(onOutput: OneShotCall["onOutput"], signal: AbortSignal): Promise<OneShotEnd>;
}

/** Invariants: the last frame is a STATUS, whatever happens to the command; nothing is sent to a client that has left or said CLOSE. */
export class ExecStream implements PacketReceiver {
  readonly #options: ExecStreamOptions;
  readonly #stop = new AbortController();
  readonly #filters: Readonly<Record<"stdout" | "stderr", ((bytes: Uint8Array) => Uint8Array) | undefined>>;
  #drained: (() => void) | undefined;

  constructor(options: ExecStreamOptions) {
    this.#options = options;
    const { safe, sink } = options;
    this.#filters = {
      stdout: safe.stdout ? terminalFilter() : undefined,
      stderr: safe.stderr ? terminalFilter() : undefined,
    };
    sink.onDrain(() => this.#goOn());
  }

  start(): void {
    const { run, sink } = this.#options;
    const ended = run((stream, text) => this.#output(stream, text), this.#stop.signal);
    void ended
      .then(
        ({ exitCode, status }): ExecEnd => ({ exitCode, status }),
        (thrown: unknown): ExecEnd => {
          const { code, message } = AgentdError.from(thrown);
          return { error: { code, message } };
        },
      )
      .then((end) => {
        if (this.#stop.signal.aborted) return;
        sink.send(encodeTextFrame(Channel.Status, JSON.stringify(end)));
        sink.end();
      });
  }

  handleFrame(frame: Uint8Array): void {
    if (frame[0] !== Channel.Close) return;
    this.closed();
    this.#options.sink.end();
  }

  closed(): void {
    this.#stop.abort(new AgentdError("daemon_unavailable", "the client left"));
    this.#goOn();
  }

  #output(stream: "stdout" | "stderr", text: string): Promise<void> | undefined {
    const { sink } = this.#options;
    if (this.#stop.signal.aborted) return undefined;
    const bytes = Buffer.from(text);
    const passed = this.#filters[stream]?.(bytes) ?? bytes;
    const channel = stream === "stdout" ? Channel.Stdout : Channel.Stderr;
    for (const chunk of chunksOf(passed)) sink.send(encodeFrame(channel, chunk));
    if (sink.queuedBytes <= MAX_QUEUED_BYTES) return undefined;
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  #goOn(): void {
    this.#drained?.();
    this.#drained = undefined;
  }
}

function terminalFilter(): (bytes: Uint8Array) => Uint8Array {
  const safe = new OutputFilter({ name: () => "exec", now: () => performance.now(), onBlocked: () => {} });
  const quiet = new QueryFilter(new Uint8Array());
  return (bytes) => quiet.push(safe.push(bytes));
}
