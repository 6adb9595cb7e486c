// One shell: a program on a PTY, the ring of its last output, and at most one connection that sees it.
import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import { ReplayRing } from "../../shared/replay-ring.js";
import type { Size } from "../../shared/size.js";
import type { Snapshot } from "../../shared/snapshot.js";
import type { ShellExit } from "../../shared/status.js";
import { Attachment } from "./attachment.js";
import { KeptCheckpoint } from "./checkpoint.js";
import type { Knobs } from "./knobs.js";
import { hasChildren, killGroupsOfSession, signalGroups } from "./process-groups.js";
import { Pty, type PtySpec } from "./pty.js";
import { type Have, planReplay, type ReplayPlan } from "./replay-plan.js";
import { ShellConnection } from "./shell-connection.js";

export interface ShellOwner {
  /** The process ended; the shell keeps its ring and its exit. */
  shellExited(shell: LocalShell): void;
  /** A client asked for its end: its id is free from now on, though the process may take a moment. */
  shellKilled(shell: LocalShell): void;
  /** A connection's socket closed. */
  connectionClosed(shell: LocalShell): void;
  activity(kind: "frames" | "pings" | "output"): void;
}

export interface LocalShellOptions {
  readonly runtimeSessionId: string;
  readonly shellId: string;
  /** The daemon's name for it; "" for shells that were made by connecting. */
  readonly name: string;
  readonly knobs: Knobs;
  readonly pty: PtySpec;
  readonly owner: ShellOwner;
}

/** Typed bytes that the program has not read: above the first its client is not read, above the second input is dropped. */
const INPUT_HIGH_BYTES = 4 * 1024 * 1024;
const INPUT_LIMIT_BYTES = 2 * INPUT_HIGH_BYTES;
/** A shell of this age may still be starting. */
const YOUNG_MS = 1000;

/**
 * Invariants.
 * 1. Every output byte goes into the ring in the turn in which it is sent, so offsets are exact.
 * 2. One connection at a time: attaching closes the older one (4000) first, and what that one still says is not heard.
 * 3. Nobody attached: the terminal is always read, and the ring forgets the oldest.
 */
export class LocalShell {
  readonly runtimeSessionId: string;
  readonly shellId: string;
  readonly name: string;
  /** One per PTY: offsets of different epochs have nothing to do with each other. */
  readonly epoch = randomUUID();
  /** When the last connection left, by the monotonic clock; undefined while attached. */
  detachedAt: number | undefined;
  /** Whether a client has certainly been told how the shell ended. */
  exitFetched = false;
  readonly #knobs: Knobs;
  readonly #owner: ShellOwner;
  readonly #pty: Pty;
  readonly #startedAt = performance.now();
  #ring: ReplayRing;
  readonly #checkpoint = new KeptCheckpoint();
  #size: Size;
  #attachment: Attachment | undefined;
  /** Output before this offset was handed to a connection. */
  #delivered = 0;
  #droppedInAll = 0;
  #exit: ShellExit | undefined;
  #killing: NodeJS.Timeout | undefined;

  /** Starts the program. @throws AgentdError `spawn_failed`. */
  constructor({ runtimeSessionId, shellId, name, knobs, pty, owner }: LocalShellOptions) {
    this.runtimeSessionId = runtimeSessionId;
    this.shellId = shellId;
    this.name = name;
    this.#knobs = knobs;
    this.#owner = owner;
    this.#ring = new ReplayRing(knobs.replayBytes);
    this.#size = pty.size;
    this.#pty = new Pty(pty, {
      onOutput: (bytes) => this.#handleOutput(bytes),
      onExit: (exit) => this.#handleExit(exit),
      onInputDrain: (pendingBytes) => {
        if (pendingBytes < INPUT_HIGH_BYTES / 4) this.#attachment?.connection.setReading(true);
      },
    });
    this.detachedAt = performance.now();
  }

  get pid(): number {
    return this.#pty.pid;
  }

  get size(): Size {
    return this.#size;
  }

  /** Absolute count of output bytes. */
  get offset(): number {
    return this.#ring.end;
  }

  get exit(): ShellExit | undefined {
    return this.#exit;
  }

  get isAttached(): boolean {
    return this.#attachment !== undefined;
  }

  get heldBytes(): number {
    return this.#ring.end - this.#ring.start + this.#checkpoint.heldBytes;
  }

  /** Its screen, as a daemon has handed it over; undefined once the output no longer reaches back to it. */
  get checkpoint(): Snapshot | undefined {
    return this.#checkpoint.current;
  }

  /** @returns false when it is not of this output. */
  keepCheckpoint(checkpoint: Snapshot): boolean {
    const { start, end } = this.#ring;
    return this.#checkpoint.keep(checkpoint, { epoch: this.epoch, start, end });
  }

  /** True when the shell runs something right now. */
  get hasChildren(): boolean {
    return this.#exit === undefined && hasChildren(this.pid);
  }

  /** Where the stream of a connection would start that is made in this same turn. */
  planAttach(have: Have | undefined): ReplayPlan {
    const { start, end } = this.#ring;
    const delivered = this.#attachment?.sentOffset ?? this.#delivered;
    const replaces = this.#attachment !== undefined;
    return planReplay({ epoch: this.epoch, start, end, delivered, replaces, have }, this.#knobs);
  }

  /** Takes the socket over. `plan` must be of this turn. */
  attach(socket: WebSocket, plan: ReplayPlan, reconnected: boolean): void {
    this.#attachment?.connection.close(4000, this.#knobs.replacedReason);
    this.#droppedInAll += plan.dropped;
    const counts = { "per-disconnect": plan.dropped, cumulative: this.#droppedInAll, absent: 0 };
    const attachment: Attachment = new Attachment({
      connection: this.#connect(socket, () => attachment),
      knobs: this.#knobs,
      shellId: this.shellId,
      reconnected,
      bytesDropped: counts[this.#knobs.bytesDropped],
      from: plan.from,
      replay: this.#ring.readFrom(plan.from),
      onLive: () => {
        if (this.#attachment === attachment) this.#pty.resume();
      },
    });
    this.#attachment = attachment;
    this.detachedAt = undefined;
    this.#pty.pause();
    attachment.start();
    if (this.#exit !== undefined) attachment.exited(this.#exit);
  }

  /** A client's CLOSE, or the owner's wish: hang up, then kill what does not listen. */
  kill(): void {
    if (this.#killing !== undefined || this.#exit !== undefined) return;
    if (this.#knobs.killEcho) this.#attachment?.connection.sendClose();
    const groups = this.#pty.groups();
    signalGroups(groups, "SIGHUP");
    // A stopped job cannot act on a hang-up.
    signalGroups(groups, "SIGCONT");
    // bash forgets a hang-up that comes while it reads its profile: to a young shell it is said twice.
    if (performance.now() - this.#startedAt < YOUNG_MS)
      setTimeout(() => signalGroups(this.#pty.groups(), "SIGHUP"), YOUNG_MS / 4);
    this.#killing = setTimeout(() => {
      killGroupsOfSession(this.pid, [...groups, ...this.#pty.groups()]);
    }, this.#knobs.killDelayMs);
    this.#pty.resume();
    this.#owner.shellKilled(this);
  }

  /** The machine under the shell goes away: everything in it dies now, and its connection learns as the knobs say. */
  destroy(): void {
    const connection = this.#attachment?.connection;
    switch (this.#knobs.sessionEnd) {
      case "abrupt":
        connection?.close(1006);
        break;
      case "1011":
        connection?.close(1011);
        break;
      case "close-frame-then-1001":
        connection?.sendClose();
        connection?.close(1001, "session ended");
        break;
      case "1001":
        connection?.close(1001, "session ended");
    }
    this.#pty.destroy();
  }

  /** Forgets the output of an ended shell; its exit stays known. */
  dropOutput(): void {
    this.#ring = new ReplayRing(1, this.#ring.end);
    this.#checkpoint.free();
  }

  #connect(socket: WebSocket, own: () => Attachment): ShellConnection {
    let announced = false;
    return new ShellConnection(socket, this.#knobs, {
      onInput: (bytes) => this.#handleInput(bytes),
      onResize: (size) => this.#handleResize(size),
      onKill: () => this.kill(),
      onPressure: (high) => {
        if (high) this.#pty.pause();
        else if (own().isLive) this.#pty.resume();
      },
      onDetach: () => {
        announced = this.#exit !== undefined && own().isLive;
        this.#handleDetach(own());
      },
      onClosed: (clean) => {
        if (clean && announced) this.exitFetched = true;
        if (this.exitFetched) this.#checkpoint.free();
        this.#owner.connectionClosed(this);
      },
      onActivity: (kind) => this.#owner.activity(kind),
    });
  }

  #handleOutput(bytes: Uint8Array): void {
    this.#attachment?.output(bytes);
    this.#ring.append(bytes);
    this.#checkpoint.freeBefore(this.#ring.start);
    this.#owner.activity("output");
  }

  #handleInput(bytes: Uint8Array): void {
    if (this.#knobs.earlyInput === "drop" && this.offset === 0) return;
    if (this.#pty.pendingInputBytes > INPUT_LIMIT_BYTES) return;
    this.#pty.write(bytes);
    if (this.#pty.pendingInputBytes > INPUT_HIGH_BYTES) this.#attachment?.connection.setReading(false);
  }

  #handleResize(size: Size): void {
    this.#size = size;
    this.#pty.resize(size);
  }

  #handleDetach(attachment: Attachment): void {
    if (this.#attachment !== attachment) return;
    this.#attachment = undefined;
    this.#delivered = attachment.sentOffset;
    this.detachedAt = performance.now();
    this.#pty.resume();
  }

  #handleExit(exit: ShellExit): void {
    this.#exit = exit;
    // The timer goes on: the job in the foreground may have ignored the hang-up that ended its shell.
    const killed = this.#killing !== undefined;
    // Who asked for the end knows of it.
    this.exitFetched = killed;
    const attachment = this.#attachment;
    if (killed) this.#checkpoint.free();
    this.#owner.shellExited(this);
    if (killed) attachment?.killed(exit);
    else attachment?.exited(exit);
  }
}
