// One client that sees a shell: holding until its snapshot is drawn, then live, behind when it does not read.
import { Channel } from "../../../shared/channel.js";
import { encodeNotice, type Notice } from "../../../shared/notice.js";
import type { Size } from "../../../shared/size.js";
import { type ClientWishes, readClientFrame } from "./client-frame.js";
import type { ClientHost, ClientOptions, ClientSink } from "./client-host.js";
import { HeldFrames, outputBytes } from "./held-frames.js";
import { OutputShare } from "./output-share.js";
import type { Candidate } from "./size-policy.js";

/** Handed to a client's socket at a time, beyond a drawing: what is there cannot be taken back. */
const MAX_QUEUED_BYTES = 1024 * 1024;
/** Of one with a terminal, which reads slowly: so much of a flood comes at least after Ctrl-C. */
const MAX_QUEUED_TERMINAL_BYTES = 128 * 1024;
/** What is kept for a client until its drawing is ready. Room for a whole resume (1 MiB, output-log.ts) and what follows it. */
const MAX_HELD_BYTES = 2 * 1024 * 1024;

type Phase = "holding" | "live" | "behind" | "ended";

/**
 * Invariants:
 * 1. While holding, output is kept in order; it is sent right after the drawing whose mark was set when holding began.
 * 2. What is kept is bounded: behind what is queued, not counting a drawing that is under way to it, a backlog of 8 MiB and 1 s.
 *    Past that, and when its person interrupts, the client is behind; its backlog is dropped and counted, and so is its output; one new drawing shows it the
 *    result. No other client and no upstream waits for that.
 * 3. A client that does not lead, and every client during a replay, gets no terminal queries.
 * 4. The last frame is a notice that says why the stream ends; it comes after everything that was output before.
 */
export class AttachedClient implements Candidate {
  readonly canLead: boolean;
  readonly attached: number;
  typed = 0;
  readonly typedBefore: number;
  size: Size;
  readonly options: ClientOptions;
  readonly #sink: ClientSink;
  readonly #host: ClientHost;
  #phase: Phase = "holding";
  #started = false;
  #drawing: readonly Uint8Array[] | undefined;
  readonly #held: HeldFrames;
  #skipped = 0;
  /** Bytes queued: more while a drawing is on its way. */
  #queueLimit: number;
  readonly #maxQueued: number;
  /** Distinguishes the drawing that is awaited from one that was given up. */
  #generation = 0;
  readonly #share: OutputShare;
  #lastNotice: Uint8Array | undefined;
  /** It was detached: it gets no more output, only the notice that says so. */
  #isDismissed = false;
  /** The next drawing has the lines above the screen in it: the client never had them, or missed some. */
  #lacksHistory = true;
  /** `refit` was called, and waits. */
  #isStale = false;

  /** What a client may ask for; one that only reads can neither type nor lead. */
  readonly #wishes: ClientWishes = {
    type: (bytes) => this.options.readOnly || this.#host.input(this, bytes),
    interrupt: () => this.options.readOnly || this.#giveUpBacklog(),
    measure: (size) => this.#host.measured(this, size),
    echo: (frame) => this.#send(frame),
    redraw: () => {
      if (this.#phase !== "live") return;
      this.#host.settleSize(this);
      this.redraw();
    },
    lead: () => this.canLead && this.#host.lead(this),
    leave: () => {
      this.#lastNotice = encodeNotice({ kind: "detached", reason: "key" });
      this.#isDismissed = true;
      this.#end();
    },
  };

  constructor(options: ClientOptions) {
    this.options = options;
    this.#sink = options.sink;
    this.#host = options.host;
    const { isTerminal, host } = options;
    this.#held = new HeldFrames(isTerminal ? undefined : (bytes) => host.backlog(this, bytes));
    this.#maxQueued = isTerminal ? MAX_QUEUED_TERMINAL_BYTES : MAX_QUEUED_BYTES;
    this.#queueLimit = this.#maxQueued;
    const { typedAgo = Number.POSITIVE_INFINITY } = options;
    this.typedBefore = host.monotonic() - typedAgo;
    this.size = options.size;
    this.canLead = options.canLead;
    this.attached = options.attached;
    this.#share = new OutputShare(host, (frame) => this.#send(frame));
    options.sink.onDrain(() => this.#handleDrain());
    if (options.resume === undefined) return;
    this.#drawing = [];
    this.#share.resume(options.resume);
  }

  /** Its output is being dropped: it sees, and answers, no queries. */
  get isBehind(): boolean {
    return this.#phase === "behind";
  }

  /** The answer of `shell.attach` was written: frames may flow. */
  start(): void {
    this.#started = true;
    if (this.#isDismissed) this.#end();
    else this.#release();
  }

  /** Output of the shell, in the turn in which it came. An empty frame: only its place has changed. */
  deliver(frame: Uint8Array): void {
    if (frame[0] === Channel.Stdout) this.#share.push(frame);
    else this.#send(frame);
  }

  notify(notice: Notice): void {
    this.#send(encodeNotice(notice));
  }

  /** Ends the stream with `notice`: after everything that was output before, or at once when only the client is to go. */
  finish(notice: Notice): void {
    if (this.#phase === "ended" || this.#isDismissed) return;
    if (this.#lastNotice === undefined || notice.kind === "detached") this.#lastNotice = encodeNotice(notice);
    this.#isDismissed = notice.kind === "detached";
    if ((this.#phase === "live" && this.#held.bytes === 0) || (this.#isDismissed && this.#started))
      this.#end();
  }

  /** Whether this client's terminal sees queries; `on` also during a replay. */
  filterQueries(on: boolean): void {
    this.#share.filterQueries(on);
  }

  handleFrame(frame: Uint8Array): void {
    if (this.#phase !== "ended") readClientFrame(frame, this.#wishes);
  }

  closed(): void {
    if (this.#phase === "ended") return;
    this.#forget();
    this.#host.left(this);
  }

  pauseInput(paused: boolean): void {
    if (this.#phase !== "ended") this.#sink[paused ? "pauseInput" : "resumeInput"]();
  }

  /** Begins, or begins anew, from a drawing of the shell as it is now. */
  redraw(): void {
    this.#lacksHistory = true;
    if (this.#phase === "live" || this.#phase === "holding") this.#redraw();
  }

  /** Its output was not sent for a while: goes on from a drawing of the screen as it is now. */
  redrawScreen(): void {
    if (this.#phase === "live" || this.#phase === "holding") this.#redraw();
  }

  /** Its screen shows the wrong size: drawn anew, without the lines above it, as soon as no byte of output is lost by that. */
  refit(): void {
    if (!this.options.isTerminal) return;
    this.#isStale = this.#phase !== "live" || this.#held.bytes > 0;
    if (!this.#isStale) this.#redraw();
  }

  #redraw(): void {
    this.#lacksHistory ||= this.#held.bytes > 0;
    this.#phase = "holding";
    this.#held.dropOutput();
    this.#drawing = undefined;
    this.#requestDrawing();
  }

  #requestDrawing(): void {
    const generation = ++this.#generation;
    this.#isStale = false;
    this.#share.beginAnew();
    const view = this.options.isTerminal ? { size: this.size, history: this.#lacksHistory } : undefined;
    this.#host.drawing(view).then(
      (frames) => {
        if (generation !== this.#generation || this.#phase !== "holding") return;
        this.#drawing = frames;
        this.#release();
      },
      () => {
        if (generation !== this.#generation || this.#phase !== "holding") return;
        // The screen was disposed of: there is nothing to draw any more, but how it ended is still to be said.
        this.#lastNotice ??= encodeNotice({ kind: "gone", message: "the shell was forgotten" });
        this.#held.dropOutput();
        this.#drawing = [];
        this.#release();
      },
    );
  }

  /** Drawing, then what was held, then live: in one turn, so that nothing falls between. */
  #release(): void {
    if (this.#phase !== "holding" || !this.#started || this.#drawing === undefined) return;
    // Drawings are not dropped from a queue: who does not read one gets no second.
    if (this.#sink.queuedBytes > MAX_QUEUED_BYTES) {
      this.#fallBehind();
      return;
    }
    if (this.#skipped > 0) {
      this.#sink.send(encodeNotice({ kind: "skipped", bytes: this.#skipped }));
      this.#skipped = 0;
    }
    for (const frame of this.#drawing) this.#sink.send(frame);
    for (const frame of this.#held.take()) this.#sink.send(frame);
    this.#drawing = undefined;
    this.#lacksHistory = false;
    this.#phase = "live";
    this.#queueLimit = this.#maxQueued + this.#sink.queuedBytes;
    if (this.#lastNotice !== undefined) this.#end();
    else if (this.#isStale) this.refit();
  }

  #send(frame: Uint8Array): void {
    switch (this.#phase) {
      case "live":
        if (this.#held.bytes === 0 && this.#sink.queuedBytes + frame.length <= this.#queueLimit)
          this.#sink.send(frame);
        else if (!this.#held.pile(frame, this.#host.monotonic())) this.#fallBehind();
        break;
      case "holding":
        this.#held.push(frame);
        if (this.#held.bytes > MAX_HELD_BYTES) this.#redraw();
        break;
      case "behind":
        this.#skip(frame);
        break;
      case "ended":
        break;
    }
  }

  #fallBehind(): void {
    this.#phase = "behind";
    this.#lacksHistory = true;
    this.#drawing = undefined;
    this.#skipped += this.#held.dropOutput();
  }

  /** Whoever interrupts a flood wants the prompt, and not first what waits before it. */
  #giveUpBacklog(): void {
    if (this.options.isTerminal && this.#phase === "live" && this.#held.bytes > 0) this.#fallBehind();
  }

  #skip(frame: Uint8Array): void {
    this.#skipped += outputBytes(frame);
    this.#held.pushNotice(frame);
  }

  #handleDrain(): void {
    this.#queueLimit = this.#maxQueued;
    if (this.#phase === "behind") this.#redraw();
    if (this.#phase !== "live") return;
    for (const frame of this.#held.take(this.#maxQueued)) this.#sink.send(frame);
    if (this.#held.bytes === 0 && this.#lastNotice !== undefined) this.#end();
    else if (this.#isStale) this.refit();
  }

  #end(): void {
    if (this.#phase === "ended") return;
    if (this.#lastNotice !== undefined) this.#sink.send(this.#lastNotice);
    this.#forget();
    this.#sink.end();
    this.#host.left(this);
  }

  #forget(): void {
    this.#phase = "ended";
    this.#generation += 1;
    this.#held.take();
    this.#drawing = undefined;
    this.#share.forget();
  }
}
