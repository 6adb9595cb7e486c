// The attached client: keys to the shell, output to the terminal, and the way back when the daemon goes away.
import { Channel } from "../../shared/channel.js";
import { framePayload } from "../../shared/frame.js";
import { printable } from "../../shared/names.js";
import { decodeNotice, encodeNotice, type Notice } from "../../shared/notice.js";
import type { AttachParams } from "../../shared/rpc.js";
import { encodeResize, type Size } from "../../shared/size.js";
import type { PacketStream } from "../daemon/daemon-connection.js";
import { RESTART_PATIENCE_MS } from "../daemon/reconnect.js";
import { type AttachEnd, detachedEnd, endOfNotice, lostEnd } from "./notice-text.js";
import { type KeyCommand, type KeyEvent, PrefixKey, type PrefixKeyOptions } from "./prefix-key.js";
import { prefixHelp, readOnlyText } from "./prefix-name.js";
import type { RawTerminal } from "./raw-terminal.js";
import { connectText, ShellView } from "./shell-view.js";
import { SizeStorm } from "./size-storm.js";
import { isReport, TypedInput } from "./typed-input.js";
import { UrgentLine } from "./urgent-line.js";
import { findWayBack } from "./way-back.js";

/** The detach key works at once: the daemon has this long to take what was typed before it. */
const LEAVE_LIMIT_MS = 100;
const NOTHING = new Uint8Array(0);

export interface ReattachOptions {
  readonly limitMs: number;
  /** Start a daemon when there is none. */
  readonly start: boolean;
  readonly typedAgo: number | undefined;
}

export interface AttachLoopOptions {
  readonly name: string;
  readonly terminal: RawTerminal;
  readonly prefix: PrefixKeyOptions;
  readonly readOnly: boolean;
  readonly ignoreSize: boolean;
  /** Whether agentd may say anything at all. */
  readonly canSay: boolean;
  readonly color: boolean;
  writeStatus(text: string): void;
  /** Attaches again, with a daemon that is started when there is none. */
  reattach(size: Size, resume: AttachParams["resume"], options: ReattachOptions): Promise<PacketStream>;
}

/**
 * Invariants:
 * 1. The terminal is restored before `run` resolves or rejects.
 * 2. Keys that were typed while there was no daemon go only into the same epoch; no byte is sent twice.
 * 3. Keys are read all the time, so that the detach key works whatever the daemon does.
 * 4. When `run` has resolved, no stream is left, and none is looked for: the process may go on as the list of shells.
 */
export class AttachLoop {
  readonly #options: AttachLoopOptions;
  readonly #terminal: RawTerminal;
  readonly #keys: PrefixKey;
  readonly #view: ShellView;
  readonly #typed = new TypedInput();
  #stream: PacketStream | undefined;
  #keyTimer: NodeJS.Timeout | undefined;
  readonly #sizes = new SizeStorm(() => this.#sendSize());
  readonly #urgent: UrgentLine;
  /** Keys that go nowhere were answered; once is enough. */
  #saidReadOnly = false;
  /** Typed bytes that a daemon which died may not have taken. */
  #inDoubt = 0;
  #leave: (end: AttachEnd) => void = () => {};
  readonly #over = new AbortController();

  constructor(options: AttachLoopOptions) {
    this.#options = options;
    this.#terminal = options.terminal;
    this.#keys = new PrefixKey(options.prefix);
    this.#view = new ShellView(options);
    this.#urgent = new UrgentLine({
      sayOver: (text) => this.#view.sayOver(text),
      say: (text) => this.#view.say(text),
      redraw: () => this.#askForSnapshot(),
    });
  }

  /** Resolves when this client is no longer attached. */
  async run(first: PacketStream): Promise<AttachEnd & { readonly terminalIsAlive: boolean }> {
    const left = new Promise<AttachEnd>((resolve) => {
      this.#leave = resolve;
    });
    const { name } = this.#options;
    if (this.#options.canSay)
      this.#view.connectText = connectText(first.result.shell, this.#options, this.#terminal.size);
    this.#terminal.start({
      onInput: (bytes) => this.#handleKeys(this.#keys.push(bytes)),
      onHangup: () => this.#leave(lostEnd(name, `hung up on ${name}`)),
      onResize: () => this.#handleResize(),
      onDrain: () => {
        this.#stream?.resume();
        this.#view.flush();
      },
      onContinue: () => {
        this.#sendSize();
        this.#askForSnapshot();
      },
    });
    try {
      const end = await Promise.race([left, this.#follow(first)]);
      return { ...end, terminalIsAlive: await this.#terminal.restore() };
    } finally {
      this.#over.abort();
      clearTimeout(this.#keyTimer);
      this.#sizes.dispose();
      this.#urgent.dispose();
      this.#stream?.destroy();
      await this.#terminal.restore();
    }
  }

  async #follow(first: PacketStream): Promise<AttachEnd> {
    let stream = first;
    for (;;) {
      const end = await this.#followOnce(stream);
      if (typeof end === "object") return end;
      const next = await this.#reattach(end === "restart" ? RESTART_PATIENCE_MS : 0);
      if ("status" in next) return next;
      stream = next;
    }
  }

  /** One connection, until its end. `lost`: the daemon went away. `restart`: it said that it comes back. */
  #followOnce(stream: PacketStream): Promise<AttachEnd | "lost" | "restart"> {
    const { epoch, offset } = stream.result;
    const { verdict } = stream.result.shell;
    this.#view.continueAt({ epoch, offset }, verdict, () => this.#typed.drop());
    return new Promise((resolve) => {
      const settle = (end: AttachEnd | "lost" | "restart") => {
        this.#inDoubt += this.#typed.disconnect();
        this.#stream = undefined;
        stream.destroy();
        resolve(end);
      };
      this.#stream = stream;
      stream.start({
        onFrame: (frame) => {
          const end = this.#handleFrame(frame);
          if (end !== undefined) settle(end);
        },
        onEnd: () => this.#stream === stream && settle("lost"),
        onDrain: () => {
          this.#typed.handleDrain();
          this.#balance();
        },
      });
      this.#typed.connect(stream);
      this.#balance();
    });
  }

  #reattach(patienceMs: number): Promise<PacketStream | AttachEnd> {
    const { name, reattach } = this.#options;
    const options = {
      name,
      patienceMs,
      say: (text: string) => this.#view.say(text),
      attempt: (limitMs: number, start: boolean) => {
        const { typedAgo } = this.#typed;
        return reattach(this.#terminal.size, this.#view.position, { limitMs, start, typedAgo });
      },
      takeDoubt: () => {
        const doubt = this.#inDoubt;
        this.#inDoubt = 0;
        return doubt;
      },
    };
    return findWayBack(options, this.#over.signal);
  }

  #handleFrame(frame: Uint8Array): AttachEnd | "restart" | undefined {
    const payload = framePayload(frame);
    switch (frame[0]) {
      case Channel.Stdout:
        if (!this.#view.showOutput(payload)) this.#stream?.pause();
        return undefined;
      case Channel.Snapshot:
        if (!this.#view.showSnapshot(payload)) this.#stream?.pause();
        return undefined;
      case Channel.Heartbeat:
        this.#typed.handleHeartbeat(payload);
        return undefined;
      case Channel.Stderr:
        this.#view.say(printable(new TextDecoder().decode(payload).trim()));
        return undefined;
      case Channel.Notice: {
        const notice = decodeNotice(payload);
        return notice === undefined ? undefined : this.#handleNotice(notice);
      }
      default:
        // Channels that this version does not know are ignored.
        return undefined;
    }
  }

  #handleNotice(notice: Notice): AttachEnd | "restart" | undefined {
    const { name } = this.#options;
    if (notice.kind === "position") {
      this.#view.moveTo(notice.offset);
      return undefined;
    }
    const end = endOfNotice(name, notice);
    if (end !== undefined) return end;
    this.#view.sayNotice(name, notice);
    return undefined;
  }

  #handleKeys(events: readonly KeyEvent[]): void {
    clearTimeout(this.#keyTimer);
    if (events.length > 0) this.#urgent.end();
    for (const event of events) {
      if (event.kind === "command") this.#handleCommand(event.command);
      else if (!this.#options.readOnly) this.#typed.push(event.bytes);
      else this.#answerReadOnly(event.bytes);
    }
    this.#typed.send();
    this.#balance();
    const { waitMs } = this.#keys;
    if (waitMs !== undefined) {
      this.#keyTimer = setTimeout(() => this.#handleKeys(this.#keys.timeout()), waitMs);
    }
  }

  #handleCommand(command: KeyCommand): void {
    const { name } = this.#options;
    switch (command) {
      case "detach":
      case "switch":
        void this.#detach(command);
        return;
      case "leave":
        this.#leave(detachedEnd(name));
        return;
      case "redraw":
        this.#askForSnapshot();
        return;
      case "take":
        this.#takeLead();
        return;
      case "help":
        this.#urgent.say(prefixHelp(this.#options));
        return;
      default:
        command satisfies never;
    }
  }

  /** Whoever types into a window that only watches is told, once; what a terminal sends by itself is no typing. */
  #answerReadOnly(bytes: Uint8Array): void {
    if (this.#saidReadOnly || bytes.length === 0 || isReport(bytes)) return;
    this.#saidReadOnly = true;
    this.#urgent.say(readOnlyText(this.#options.name, this.#options.prefix));
  }

  #takeLead(): void {
    const { ignoreSize, readOnly } = this.#options;
    if (readOnly || ignoreSize) {
      this.#view.say(`${readOnly ? "read-only" : "--ignore-size"}: never leads`);
      return;
    }
    this.#typed.noteTyping();
    this.#stream?.send(Channel.Notice, framePayload(encodeNotice({ kind: "lead" })));
  }

  /** Tells the daemon, and does not wait long for it: leaving never depends on anybody. */
  async #detach(command: "detach" | "switch"): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined; // Its end is no loss: nobody attaches again.
    if (stream !== undefined) {
      this.#typed.send(true);
      stream.send(Channel.Close, NOTHING);
      await Promise.race([stream.finish(), new Promise((resolve) => setTimeout(resolve, LEAVE_LIMIT_MS))]);
      stream.destroy();
    }
    this.#leave({ ...detachedEnd(this.#options.name), ...(command === "switch" ? { next: command } : {}) });
  }

  /** The terminal is read only while there is room for what it says. */
  #balance(): void {
    if (this.#typed.isFull) this.#terminal.pauseInput();
    else this.#terminal.resumeInput();
  }

  #handleResize(): void {
    if (this.#view.handleResize() === "stale") this.#askForSnapshot();
    this.#sizes.push();
  }

  #sendSize(): void {
    this.#stream?.send(Channel.Resize, encodeResize(this.#terminal.size));
  }

  #askForSnapshot(): void {
    this.#stream?.send(Channel.Snapshot, NOTHING);
  }
}
