// Follows a shell's output without being a terminal of it, and finds the way back when the daemon goes away.
import { Channel } from "../../shared/channel.js";
import { AgentdError } from "../../shared/errors.js";
import { framePayload } from "../../shared/frame.js";
import { decodeNotice, type Notice } from "../../shared/notice.js";
import { presentName } from "../../shared/present-name.js";
import type { ShellInfo } from "../../shared/rpc.js";
import { decodeSnapshotPart } from "../../shared/snapshot.js";
import type { Context } from "../cli/context.js";
import { reachDaemon } from "../daemon/daemon-access.js";
import type { DaemonConnection, PacketStream } from "../daemon/daemon-connection.js";
import { mayPass, RECONNECT_LIMIT_MS, RECONNECT_PAUSE_MS, RESTART_PATIENCE_MS } from "../daemon/reconnect.js";

export interface Place {
  readonly epoch: string;
  readonly offset: number;
}

/** How following ended: the shell did, or this client was cut off from it. */
export type FollowEnd =
  | { readonly kind: "over"; readonly notice: Extract<Notice, { kind: "ended" | "gone" }> }
  | { readonly kind: "cut"; readonly error: AgentdError };

export interface FollowHandlers {
  /** Output that is new. False: wait until `resume`. */
  onOutput(bytes: Uint8Array): boolean;
  onNotice?(notice: Notice): void;
  /** Output is missing between what came before and what comes now. */
  onGap?(): void;
  /** The daemon went away, and is back: in between nothing is known. */
  onDaemon?(isThere: boolean): void;
}

const STOPPED: FollowEnd = { kind: "cut", error: new AgentdError("daemon_unavailable", "given up") };

/** Invariants: it never leads, never types, and its size does not count; no byte comes twice. */
export class ShellFollower {
  readonly #context: Context;
  readonly #handlers: FollowHandlers;
  #place: Place;
  #stream: PacketStream | undefined;
  #shell: ShellInfo;
  #isStopped = false;

  private constructor(context: Context, stream: PacketStream, place: Place, handlers: FollowHandlers) {
    this.#context = context;
    this.#handlers = handlers;
    this.#stream = stream;
    this.#place = place;
    this.#shell = stream.result.shell;
  }

  /** @param from where to begin; absent: with what comes from now on. Uses the connection up. @throws AgentdError `shell_not_found`. */
  static async attach(
    context: Context,
    connection: DaemonConnection,
    name: string,
    from: Place | undefined,
    handlers: FollowHandlers,
  ): Promise<ShellFollower> {
    const stream = await attach(connection, name, from);
    const { epoch, offset, resumed } = stream.result;
    if (from !== undefined && !resumed) handlers.onGap?.();
    return new ShellFollower(context, stream, { epoch, offset }, handlers);
  }

  /** The shell as it was when this client came to it. */
  get shell(): ShellInfo {
    return this.#shell;
  }

  /** There is room for more output. */
  resume(): void {
    this.#stream?.resume();
  }

  /** It is cut off, and does not come back. */
  stop(): void {
    this.#isStopped = true;
    this.#stream?.destroy();
  }

  /** Resolves when there is nothing more to follow. */
  async run(): Promise<FollowEnd> {
    for (;;) {
      const stream = this.#stream;
      const end = stream === undefined ? "lost" : await this.#runOnce(stream);
      if (typeof end === "object") return end;
      if (this.#isStopped) return STOPPED;
      try {
        this.#handlers.onDaemon?.(false);
        this.#stream = await this.#return(end === "restart" ? RESTART_PATIENCE_MS : 0);
        if (this.#isStopped) {
          this.#stream.destroy();
          return STOPPED;
        }
        this.#handlers.onDaemon?.(true);
      } catch (error) {
        return { kind: "cut", error: AgentdError.from(error) };
      }
    }
  }

  #runOnce(stream: PacketStream): Promise<FollowEnd | "lost" | "restart"> {
    return new Promise((resolve) => {
      const settle = (end: FollowEnd | "lost" | "restart") => {
        stream.destroy();
        resolve(end);
      };
      stream.start({
        onFrame: (frame) => {
          const end = this.#handleFrame(stream, frame);
          if (end !== undefined) settle(end);
        },
        onEnd: () => settle("lost"),
        onDrain: () => {},
      });
    });
  }

  #handleFrame(stream: PacketStream, frame: Uint8Array): FollowEnd | "lost" | "restart" | undefined {
    const payload = framePayload(frame);
    if (frame[0] === Channel.Stdout) {
      this.#place = { ...this.#place, offset: this.#place.offset + payload.length };
      if (!this.#handlers.onOutput(payload)) stream.pause();
    }
    // Only its place counts: what it draws is not output.
    const header = frame[0] === Channel.Snapshot ? decodeSnapshotPart(payload)?.header : undefined;
    if (header !== undefined) this.#place = { epoch: header.epoch, offset: header.offset };
    const notice = frame[0] === Channel.Notice ? decodeNotice(payload) : undefined;
    if (notice === undefined) return undefined;
    if (notice.kind === "position") this.#place = { ...this.#place, offset: notice.offset };
    if (notice.kind === "skipped") this.#handlers.onGap?.();
    this.#handlers.onNotice?.(notice);
    if (notice.kind === "ended" || notice.kind === "gone") return { kind: "over", notice };
    if (notice.kind !== "detached") return undefined;
    if (notice.reason === "restarting") return "restart";
    // To detach is about terminals, and this is none.
    if (notice.reason === "elsewhere" || notice.reason === "other") return "lost";
    const message = notice.reason === "stopping" ? "agentd was stopped" : "taken by another client";
    return { kind: "cut", error: new AgentdError("daemon_unavailable", message) };
  }

  async #return(patienceMs: number): Promise<PacketStream> {
    const began = performance.now();
    for (;;) {
      const elapsed = performance.now() - began;
      try {
        return await this.#reattach(elapsed >= patienceMs, Math.max(1, RECONNECT_LIMIT_MS - elapsed));
      } catch (thrown) {
        const error = AgentdError.from(thrown);
        if (this.#isStopped || !mayPass(error) || elapsed >= RECONNECT_LIMIT_MS) throw error;
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_PAUSE_MS));
      }
    }
  }

  async #reattach(start: boolean, limitMs: number): Promise<PacketStream> {
    const connection = await reachDaemon(this.#context.env, { start, limitMs });
    try {
      const { shells } = await connection.call("shell.list", {});
      const stream = await attach(connection, presentName(shells, this.#shell), this.#place);
      const { epoch, offset, resumed, shell } = stream.result;
      this.#shell = shell;
      if (!resumed) this.#handlers.onGap?.();
      this.#place = { epoch, offset };
      return stream;
    } catch (error) {
      connection.close();
      throw error;
    }
  }
}

function attach(
  connection: DaemonConnection,
  name: string,
  resume: Place | undefined,
): Promise<PacketStream> {
  const role = { readOnly: true, ignoreSize: true, terminal: false, pid: process.pid };
  return connection.attach({
    name,
    cols: 80,
    rows: 24,
    ...role,
    ...(resume === undefined ? {} : { resume }),
  });
}
