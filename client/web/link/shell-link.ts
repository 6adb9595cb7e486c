// Attached to one shell from a tab: keys to the shell, frames to the terminal, and the way back when the daemon goes away.
/// <reference lib="dom" />
import { Channel } from "../../../shared/channel.js";
import { framePayload } from "../../../shared/frame.js";
import { formatBytes } from "../../../shared/measures.js";
import { printable } from "../../../shared/names.js";
import { decodeNotice, encodeNotice, type Notice } from "../../../shared/notice.js";
import { doubtText } from "../../../shared/notice-text.js";
import { presentName } from "../../../shared/present-name.js";
import type { AttachParams, AttachResult, ShellInfo } from "../../../shared/rpc.js";
import { encodeResize, type Size } from "../../../shared/size.js";
import type { TerminalFeed } from "../terminal/terminal-feed.js";
import type { Door, Scope } from "./door.js";
import { type Ending, endingOf, failureOf } from "./ending.js";
import { Liveness } from "./liveness.js";
import { ReadReceipts } from "./read-receipts.js";
import { busyText, finalCloseText, ReconnectWait, type Waiting } from "./reconnect-wait.js";
import { RetryDelays } from "./retry-delays.js";
import { CloseCode, RpcSocket } from "./rpc-socket.js";
import { isTerminalAnswer } from "./terminal-answer.js";
import { TypedKeys } from "./typed-keys.js";

export type LinkState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | Waiting
  | { readonly kind: "over"; readonly ending: Ending };

/** How to attach now; asked before each attempt. `shell`: what is known of it, for a window that mirrors its size. */
export type Role = Pick<AttachParams, "readOnly" | "ignoreSize"> & Size;

export interface ShellLinkOptions {
  readonly door: Door;
  readonly client: string;
  readonly name: string;
  readonly feed: TerminalFeed;
  role(shell: ShellInfo, scope: Scope): Role;
  /** The state, or what waits, has changed. */
  onChange(): void;
  onAttached(result: AttachResult, scope: Scope): void;
  /** What the daemon says, ends excepted. */
  onNotice(notice: Notice): void;
  /** A line of this page's own. */
  onLine(text: string): void;
}

const NOTHING = new Uint8Array(0);

/**
 * Invariants:
 * 1. One attachment at a time; after `stop` nothing is called any more.
 * 2. Keys that were typed while there was no connection go only into the same epoch; no byte is sent twice; what is not sent is said.
 */
export class ShellLink {
  readonly #options: ShellLinkOptions;
  readonly #delays = new RetryDelays(Math.random);
  readonly #wait = new ReconnectWait();
  readonly #keys = new TypedKeys((ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  });
  readonly #encoder = new TextEncoder();
  #state: LinkState = { kind: "connecting" };
  #socket: RpcSocket | undefined;
  /** As it was attached last. */
  #shell: ShellInfo | undefined;
  #stopped = false;
  /** Attach again at once, and draw anew. */
  #again = false;
  #take = false;
  #ending: Ending | undefined;
  #busy: string | undefined;
  #inDoubt = 0;
  /** `performance.now()` when its person typed last: who comes back leads where it led. */
  #typedAt: number | undefined;
  /** Bytes that were sent before this side closed the connection, until that is answered. */
  #parting = 0;
  name: string;

  constructor(options: ShellLinkOptions) {
    this.#options = options;
    this.name = options.name;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Typed bytes that wait for the connection. */
  get heldBytes(): number {
    return this.#keys.held;
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#socket?.sendFrame(Channel.Close, NOTHING);
    this.#socket?.close();
    this.#wait.wake();
  }

  /** What the terminal gives: typing, or an answer of its own. */
  type(data: string): void {
    const isAnswer = isTerminalAnswer(data);
    if (isAnswer && !this.#keys.isConnected) return;
    if (!isAnswer) this.#typedAt = performance.now();
    this.#push(this.#encoder.encode(data));
  }

  /** Bytes one by one: how xterm.js gives reports of the mouse in their oldest form. */
  typeBinary(data: string): void {
    if (this.#keys.isConnected)
      this.#push(Uint8Array.from(data, (character) => character.charCodeAt(0) & 0xff));
  }

  resize(size: Size): void {
    this.#socket?.sendFrame(Channel.Resize, encodeResize(size));
  }

  lead(): void {
    this.#socket?.sendFrame(Channel.Notice, framePayload(encodeNotice({ kind: "lead" })));
  }

  redraw(): void {
    this.#socket?.sendFrame(Channel.Snapshot, NOTHING);
  }

  /** Leaves and comes back in another role, or after an end. What was typed is kept. @param take from whichever client has the shell. */
  attachAgain(take = false): void {
    this.#again = true;
    this.#take ||= take;
    this.#options.feed.position = undefined;
    this.#delays.reset();
    if (this.#state.kind === "over") {
      this.#become({ kind: "connecting" });
      void this.#run();
    } else if (this.#socket !== undefined) {
      // What is typed from now on waits for the next connection.
      this.#parting += this.#keys.disconnect();
      this.#socket.close();
    }
    this.#wait.wake();
  }

  #push(bytes: Uint8Array): void {
    this.#keys.push(bytes);
    if (!this.#keys.isConnected) this.#options.onChange();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#again = false;
      const ending = await this.#runOnce();
      if (this.#stopped) return;
      if (ending !== undefined) {
        const dropped = this.#keys.drop();
        if (dropped > 0) this.#options.onLine(`${formatBytes(dropped)} of typing not sent`);
        this.#become({ kind: "over", ending });
        return;
      }
      if (this.#again) continue;
      const ms = this.#delays.next();
      this.#become({ kind: "waiting", retryAt: Date.now() + ms, why: this.#busy });
      await this.#wait.pause(ms);
    }
  }

  /** One connection until its end. Returns the ending when it was the last. */
  async #runOnce(): Promise<Ending | undefined> {
    let socket: RpcSocket | undefined;
    const liveness = new Liveness();
    this.#ending = undefined;
    this.#busy = undefined;
    try {
      socket = await RpcSocket.open(this.#options.door, this.#options.client);
      await this.#attach(socket);
      liveness.watch(socket);
      const code = await socket.closed;
      // A closing handshake of ours is answered behind everything that was sent before it.
      if (this.#again && code === CloseCode.Normal) this.#parting = 0;
      const final = finalCloseText(code);
      return this.#ending ?? (final === undefined ? undefined : { ...final, tone: "cut" });
    } catch (error) {
      socket?.close();
      this.#busy = busyText(error);
      return failureOf(this.name, error);
    } finally {
      liveness.stop();
      this.#inDoubt += this.#parting + this.#keys.disconnect();
      this.#parting = 0;
      this.#socket = undefined;
      this.#options.feed.cutOff();
    }
  }

  async #attach(socket: RpcSocket): Promise<void> {
    const { feed, role, onAttached } = this.#options;
    const shell = await this.#findShell(socket);
    const resume = feed.position === undefined ? {} : { resume: feed.position };
    const { readOnly, ignoreSize, ...size } = role(shell, socket.scope);
    const result = await socket.attach({
      name: shell.name,
      ...size,
      ...(readOnly || socket.scope.readOnly ? { readOnly: true } : {}),
      ...(ignoreSize ? { ignoreSize } : {}),
      terminal: true,
      ...(this.#typedAt === undefined ? {} : { typedAgo: Math.round(performance.now() - this.#typedAt) }),
      ...(this.#take ? { take: true } : {}),
      ...resume,
    });
    this.#take = false;
    if (this.#stopped) return socket.close();
    // Attached by its name, which may have become another shell's since it was looked up.
    presentName([result.shell], shell);
    this.#sayWhatIsLost(result);
    this.#shell = shell;
    this.name = shell.name;
    feed.position = { epoch: result.epoch, offset: result.offset };
    this.#socket = socket;
    this.#delays.reset();
    const receipts = new ReadReceipts((payload) => socket.sendFrame(Channel.Ack, payload));
    onAttached(result, socket.scope);
    this.#become({ kind: "live" });
    socket.listen((channel, payload) => this.#handleFrame(channel, payload, receipts));
    this.#keys.connect((channel, payload) => socket.sendFrame(channel, payload));
  }

  async #findShell(socket: RpcSocket): Promise<ShellInfo> {
    const known = this.#shell;
    if (known === undefined) return (await socket.call("shell.info", { name: this.name })).shell;
    const { shells } = await socket.call("shell.list", {});
    const now = presentName(shells, known);
    return shells.find(({ name }) => name === now) ?? (await socket.call("shell.info", { name: now })).shell;
  }

  #sayWhatIsLost({ epoch, shell }: AttachResult): void {
    const { feed, onLine } = this.#options;
    const doubt = doubtText(this.#inDoubt);
    this.#inDoubt = 0;
    const isOther = feed.position !== undefined && feed.position.epoch !== epoch;
    const dropped = isOther ? this.#keys.drop() : 0;
    const typed = dropped === 0 ? "" : ` · ${formatBytes(dropped)} of typing not sent`;
    if (isOther && shell.verdict === "new") onLine(`new shell · the old one is gone${typed}`);
    else if (typed !== "" || doubt !== "") onLine(`back${typed}${doubt}`);
  }

  #handleFrame(channel: number, payload: Uint8Array, receipts: ReadReceipts): void {
    const { feed, onLine } = this.#options;
    const parsed = () => receipts.parsed(payload.length);
    switch (channel) {
      case Channel.Stdout:
        feed.showOutput(payload, parsed);
        return;
      case Channel.Snapshot:
        feed.showSnapshot(payload, parsed);
        return;
      case Channel.Heartbeat:
        this.#keys.handleHeartbeat(payload);
        return;
      case Channel.Stderr:
        onLine(printable(new TextDecoder().decode(payload).trim()));
        parsed();
        return;
      case Channel.Notice: {
        const notice = decodeNotice(payload);
        if (notice !== undefined) this.#handleNotice(notice);
        return;
      }
      default:
        // Channels that this version does not know are ignored.
        return;
    }
  }

  #handleNotice(notice: Notice): void {
    if (notice.kind === "position") {
      this.#options.feed.moveTo(notice.offset);
      return;
    }
    this.#ending ??= endingOf(this.name, notice);
    this.#options.onNotice(notice);
  }

  #become(state: LinkState): void {
    this.#state = state;
    this.#options.onChange();
  }
}
