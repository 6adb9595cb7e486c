// A shell as the service keeps it: a terminal whose output is known in advance, its replay ring, and at most one client.
import { Channel } from "../../../shared/channel.js";
import { encodeFrame } from "../../../shared/frame.js";
import { encodeConfirmation, encodeTermination, type ShellExit } from "../../../shared/status.js";
import { REGION_BYTES } from "./position-code.js";
import type { ServiceTraits } from "./schedule.js";
import type { SimClock } from "./sim-clock.js";
import type { ServerSide, SimSocket } from "./sim-socket.js";

export interface SimShellOptions {
  readonly clock: SimClock;
  readonly traits: ServiceTraits;
  readonly shellId: string;
  /** Number of this terminal in the simulation; its output is that stream. */
  readonly stream: number;
  readonly epoch: string;
  /** A STDIN message, channel byte first. */
  onInput(shell: SimShell, message: Uint8Array): void;
  onPrint(shell: SimShell): void;
  /** Output `from..to` was overwritten before any connection was given it; `socket` is the first to miss it. */
  onOverflow(shell: SimShell, from: number, to: number, socket: SimSocket): void;
  onKill(shell: SimShell): void;
}

const QUIET_CONFIRMATION_MS = 1_000;

export class SimShell implements ServerSide {
  readonly stream: number;
  readonly epoch: string;
  /** Bytes printed since the start. */
  end = 0;
  readonly #options: SimShellOptions;
  /** Everything before this was handed to a connection once. */
  #delivered = 0;
  #socket: SimSocket | undefined;
  #isLive = false;
  #unread = 0;
  #confirm: ((final: boolean) => void) | undefined;

  constructor(options: SimShellOptions) {
    this.#options = options;
    this.stream = options.stream;
    this.epoch = options.epoch;
  }

  get socket(): SimSocket | undefined {
    return this.#socket;
  }

  /** Offset of the oldest byte that is still held. */
  get start(): number {
    return Math.max(0, this.end - this.#options.traits.ringBytes);
  }

  /** The terminal prints `bytes`. */
  print(bytes: number): void {
    const length = Math.min(bytes, REGION_BYTES - this.end);
    if (length <= 0) return;
    this.end += length;
    this.#options.onPrint(this);
    if (this.#isLive) this.#sendNew();
  }

  /** Answers the upgrade, and then everything that belongs to it. `have`: what an exact client says it holds. */
  attach(socket: SimSocket, have: { epoch: string; offset: number } | undefined, isNew: boolean): void {
    const { traits, shellId } = this.#options;
    this.#replace();
    this.#socket = socket;
    socket.server = this;
    const dropped = Math.max(0, this.start - this.#delivered);
    const from = this.#replayFrom(have);
    if (from > this.#delivered) this.#options.onOverflow(this, this.#delivered, from, socket);
    const exactDropped = have?.epoch === this.epoch ? from - Math.min(have.offset, this.end) : dropped;
    socket.attached = { stream: this.stream, from, isNew };
    this.#unread = from;
    socket.open({
      ...(traits.namesIds
        ? {
            "x-amzn-bedrock-agentcore-shell-id": shellId,
            "x-amzn-bedrock-agentcore-runtime-session-id":
              socket.request.headers["x-amzn-bedrock-agentcore-runtime-session-id"] ?? "",
          }
        : {}),
      ...(traits.exact
        ? {
            "x-agentd-epoch": this.epoch,
            "x-agentd-offset": String(from),
            "x-agentd-end": String(this.end),
          }
        : {}),
    });
    this.#after(traits.confirmationDelayMs, () =>
      this.#goLive(isNew, traits.exact && have !== undefined ? exactDropped : dropped),
    );
  }

  /** The process in the terminal ends. */
  exit(exit: ShellExit, delayMs: number): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    if (!this.#isLive) this.#sendNew();
    this.#isLive = false;
    socket.message(encodeFrame(Channel.Status, encodeTermination(exit)));
    const { clock } = this.#options;
    clock.inWorld(clock.world + delayMs, () => {
      if (this.#socket !== socket) return;
      this.#leave();
      socket.closeWith(1000);
    });
  }

  /** The service lets go of the connection. */
  close(code: number, reason: string, withCloseFrame: boolean): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#leave();
    if (withCloseFrame) socket.message(Uint8Array.of(Channel.Close));
    socket.closeWith(code, reason);
  }

  onMessage(message: Uint8Array): void {
    if (message[0] === Channel.Stdin) this.#options.onInput(this, message);
    else if (message[0] === Channel.Close) this.#options.onKill(this);
  }

  onGone(): void {
    this.#leave();
  }

  #replayFrom(have: { epoch: string; offset: number } | undefined): number {
    const { traits } = this.#options;
    if (traits.exact && have !== undefined) {
      return have.epoch === this.epoch ? Math.max(this.start, Math.min(have.offset, this.end)) : this.start;
    }
    return traits.replay === "last-bytes" ? this.start : Math.max(this.start, this.#delivered);
  }

  #goLive(isNew: boolean, dropped: number): void {
    const { traits, shellId } = this.#options;
    const socket = this.#socket as SimSocket;
    const said = traits.saysDropped ? dropped : 0;
    const status = (payload: Uint8Array) => socket.message(encodeFrame(Channel.Status, payload));
    const { confirmation } = traits;
    if (confirmation === "before-replay") status(encodeConfirmation(shellId, !isNew, said));
    if (confirmation === "post-drain-too") status(encodeConfirmation(shellId, !isNew));
    this.#isLive = true;
    if (confirmation === "after-first-output") {
      this.#confirm = () => {
        this.#confirm = undefined;
        status(encodeConfirmation(shellId, !isNew, said));
      };
      this.#after(QUIET_CONFIRMATION_MS, () => this.#confirm?.(true));
    }
    this.#sendNew();
    if (confirmation === "post-drain-too") {
      const bare = { kind: "Status", metadata: { shellId, ...(said > 0 ? { bytesDropped: said } : {}) } };
      status(
        traits.secondIsBare
          ? new TextEncoder().encode(JSON.stringify(bare))
          : encodeConfirmation(shellId, !isNew, said),
      );
    }
  }

  /** Everything that this connection was not sent yet. */
  #sendNew(): void {
    const socket = this.#socket as SimSocket;
    const { replayChunkBytes, writeBufferBytes } = this.#options.traits;
    while (this.#unread < this.end) {
      const length = Math.min(replayChunkBytes, this.end - this.#unread);
      socket.output(this.stream, this.#unread, length);
      this.#unread += length;
      this.#confirm?.(true);
    }
    this.#delivered = this.end;
    if (socket.unreadBytes > writeBufferBytes) this.close(1008, "write buffer exceeded", false);
  }

  /** Another client, or our own next connection, takes the place. */
  #replace(): void {
    this.close(4000, "replaced by new connection", false);
  }

  #leave(): void {
    if (this.#socket !== undefined) this.#socket.server = undefined;
    this.#socket = undefined;
    this.#isLive = false;
    this.#confirm = undefined;
  }

  #after(delayMs: number, run: () => void): void {
    if (delayMs === 0) {
      run();
      return;
    }
    const { clock } = this.#options;
    const socket = this.#socket;
    clock.inWorld(clock.world + delayMs, () => {
      if (this.#socket === socket) run();
    });
  }
}
