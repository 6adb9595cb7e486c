// A shell's screen: a headless terminal that parses in slices, and can be asked for bytes that reproduce it.
import type { Terminal } from "@xterm/headless";
import { AgentdError } from "../../shared/errors.js";
import type { Size } from "../../shared/size.js";
import { Backlog, type Job, type WriteJob } from "./backlog.js";
import type { DrawingView } from "./drawing/drawing-view.js";
import { ScrollbackCache } from "./drawing/scrollback-cache.js";
import { serialize } from "./drawing/serializer.js";
import { pieceEnd } from "./parse-cost.js";
import { Patience } from "./patience.js";
import { screenText, type TextOptions } from "./reading/screen-text.js";
import { Skim } from "./skim.js";
import type { SlicedTask, Slicer } from "./slicer.js";
import { WholeCharacters } from "./stream/whole-characters.js";
import { createTerminal } from "./xterm/headless-terminal.js";
import type { ModeTracker } from "./xterm/mode-tracker.js";
import { stateOf, writeNow } from "./xterm/xterm-internals.js";
import type { XtermState } from "./xterm/xterm-state.js";

export interface ScreenOptions {
  readonly cols: number;
  readonly rows: number;
  /** Lines kept above the screen. */
  readonly scrollback: number;
  /** One per daemon. */
  readonly slicer: Slicer;
  /** The terminal's answer to a query that was written with `answerQueries`. */
  onReply(bytes: Uint8Array): void;
  onTitle?(title: string): void;
  /** The directory of OSC 7. */
  onCwd?(cwd: string): void;
  /** Too much output waits to be parsed: 8 MiB, 1 MiB while a drawing is awaited (true); or a quarter of that again (false). */
  onPressure?(high: boolean): void;
  /** A sequence broke the parser, and the screen was reset and goes on; or one of the listeners above threw. */
  onFault?(cause: unknown): void;
}

/** Parsed at once, between two looks at the clock: 0.2 ms of work, 0.6 ms before the code is warm. */
const PIECE_BYTES = 16 * 1024;
/** Below this, looking for what can be left out does not pay. */
const SKIM_ABOVE_BYTES = 256 * 1024;
/** More output than this must not wait; less, while somebody waits for a drawing, since a client holds what comes behind that. */
const HIGH_PENDING_BYTES = 8 * 1024 * 1024;
const HIGH_PENDING_AWAITED_BYTES = 1024 * 1024;
const encoder = new TextEncoder();

/**
 * Invariants: jobs run strictly in the order of the calls that made them; `write` never parses in the caller's turn; what is
 * left out of a flood changes nothing of the screen that the rest of it makes; a fault in the parser loses the screen's
 * content and nothing else.
 */
export class Screen implements SlicedTask {
  readonly #options: ScreenOptions;
  #terminal: Terminal;
  #tracker: ModeTracker;
  #drawn: ScrollbackCache;
  readonly #backlog = new Backlog();
  readonly #patience: Patience;
  #skim: Skim | undefined;
  /** Jobs that it has seen. */
  #skimmedJobs = 0;
  #underPressure = false;
  #answerQueries = false;
  readonly #characters = new WholeCharacters();
  #disposed = false;

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#patience = new Patience(options.slicer, () => options.slicer.request(this));
    [this.#terminal, this.#tracker, this.#drawn] = this.#createTerminal(options);
  }

  get isAlternate(): boolean {
    return this.#terminal.buffer.active.type === "alternate";
  }

  get title(): string | undefined {
    return this.#tracker.title;
  }

  get cwd(): string | undefined {
    return this.#tracker.cwd;
  }

  /** Bytes that are queued and not parsed yet. */
  get pendingBytes(): number {
    return this.#backlog.pendingBytes;
  }

  /** Queues output. `bytes` may be kept: the caller must not change them afterwards. */
  write(bytes: Uint8Array, answerQueries: boolean): void {
    if (this.#disposed || bytes.length === 0) return;
    this.#backlog.write(bytes, answerQueries);
    if (!this.#mayWait()) this.#options.slicer.request(this);
    this.#balance();
  }

  resize(size: Size): void {
    if (!this.#disposed) this.#push({ kind: "resize", size });
  }

  /**
   * Bytes that draw the state after everything written and resized before this call, without an unfinished sequence.
   * `view`: for another terminal than one of the screen's size. `titles`: with the pushed ones, see serializer.ts.
   * Rejects with `shell_ended` when the screen is disposed first.
   */
  snapshot(view?: DrawingView, titles = false): Promise<Uint8Array> {
    return this.scan((state) =>
      encoded(serialize(state, this.#tracker, { view, titles, cache: this.#drawn })),
    );
  }

  /** The lines of the screen that is on, after everything written before this call; each ends with a newline. */
  text(options: TextOptions = {}): Promise<string> {
    return this.scan((state) => screenText(state, options));
  }

  /**
   * What `read` makes of the screen, after everything written before this call: between its steps others get their turn, and this
   * screen stands still.
   */
  async scan<T>(read: (state: XtermState) => Iterator<unknown, T>): Promise<T> {
    let steps: Iterator<unknown, T> | undefined;
    let last: IteratorResult<unknown, T> | undefined;
    const step = () => {
      steps ??= read(stateOf(this.#terminal));
      last = steps.next();
      return last.done === true;
    };
    return this.#read(step, () => last?.value as T);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#options.slicer.cancel(this);
    this.#patience.stop();
    for (const job of this.#backlog.clear()) if (job.kind === "read") job.reject(shellEnded());
    this.#terminal.dispose();
  }

  runSlice(deadline: number): boolean {
    const { now } = this.#options.slicer;
    do {
      const job = this.#backlog.head;
      if (job === undefined || this.#mayWait()) return false;
      if (this.#runStep(job)) this.#backlog.shift();
      this.#balance();
    } while (!this.#disposed && now() < deadline);
    return this.#backlog.head !== undefined && !this.#mayWait();
  }

  #mayWait(): boolean {
    if (this.#backlog.isAwaited || this.#underPressure) return false;
    return this.#patience.mayWait(() => this.#backlog.pendingBytes);
  }

  /** Returns whether `job` is finished. */
  #runStep(job: Job): boolean {
    switch (job.kind) {
      case "write":
        return this.#writeStep(job);
      case "resize":
        this.#guarded(() => this.#terminal.resize(Math.max(2, job.size.cols), job.size.rows));
        return true;
      case "read":
        return job.step();
    }
  }

  #writeStep(head: WriteJob): boolean {
    if (this.#skim !== undefined || this.#maySkim(head)) {
      this.#skimStep();
      return false;
    }
    this.#parsePiece(head);
    return head.done === head.length;
  }

  /** Looks through one more job, and leaves out what can be left out when that was the last that is plain. */
  #skimStep(): void {
    this.#skim ??= new Skim();
    const job = this.#backlog.writeAt(this.#skimmedJobs++);
    if (job !== undefined) {
      job.isSkimmed = true;
      if (this.#skim.push(job.bytes.subarray(job.done, job.length))) return;
    }
    const count = this.#skim.keptFrom(this.#linesInSight);
    this.#backlog.skip(count);
    this.#patience.learn(count);
    this.#skim = undefined;
    this.#skimmedJobs = 0;
  }

  /** So many line feeds move everything out of the screen and its scrollback. */
  get #linesInSight(): number {
    return (this.isAlternate ? 0 : this.#options.scrollback) + 2 * this.#terminal.rows;
  }

  #maySkim(job: WriteJob): boolean {
    if (this.#backlog.pendingBytes < SKIM_ABOVE_BYTES || job.isSkimmed) return false;
    const { active, parserState, rows } = stateOf(this.#terminal);
    const isWhole = active.scrollTop === 0 && active.scrollBottom === rows - 1;
    return isWhole && parserState === 0 && this.#characters.isEmpty;
  }

  #parsePiece(job: WriteJob): void {
    const most = Math.min(job.length, job.done + PIECE_BYTES);
    const piece = job.bytes.subarray(job.done, pieceEnd(job.bytes, job.done, most, this.#terminal));
    this.#answerQueries = job.answerQueries;
    const whole = this.#characters.push(piece);
    if (whole.length > 0) this.#guarded(() => writeNow(this.#terminal, whole));
    this.#answerQueries = false;
    this.#backlog.advance(job, piece.length);
    this.#patience.advance(piece.length);
  }

  #balance(): void {
    const { pendingBytes, isAwaited } = this.#backlog;
    const high = isAwaited ? HIGH_PENDING_AWAITED_BYTES : HIGH_PENDING_BYTES;
    const isHigh = pendingBytes > (this.#underPressure ? high / 4 : high);
    if (isHigh === this.#underPressure) return;
    this.#underPressure = isHigh;
    this.#options.onPressure?.(isHigh);
  }

  /** xterm.js throws a listener's exception again in a later turn, where it would end the daemon. */
  #notify(listener: () => void): void {
    try {
      listener();
    } catch (cause) {
      this.#options.onFault?.(cause);
    }
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (cause) {
      const { cols, rows } = this.#terminal;
      try {
        this.#terminal.dispose();
      } catch {
        // It is broken already; what counts is the new one.
      }
      [this.#terminal, this.#tracker, this.#drawn] = this.#createTerminal({ cols, rows });
      this.#options.onFault?.(cause);
    }
  }

  #createTerminal({ cols, rows }: Size): [Terminal, ModeTracker, ScrollbackCache] {
    const { scrollback, onReply, onTitle, onCwd } = this.#options;
    const [terminal, tracker] = createTerminal({
      cols,
      rows,
      scrollback,
      onReply: (reply) => {
        if (this.#answerQueries) this.#notify(() => onReply(encoder.encode(reply)));
      },
      onTitle: (title) => this.#notify(() => onTitle?.(title)),
      onCwd: (cwd) => this.#notify(() => onCwd?.(cwd)),
    });
    return [terminal, tracker, new ScrollbackCache(terminal)];
  }

  #read<T>(step: () => boolean, result: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#disposed) return reject(shellEnded());
      const guardedStep = () => {
        try {
          if (!step()) return false;
          resolve(result());
        } catch (error) {
          reject(AgentdError.from(error));
        }
        return true;
      };
      this.#push({ kind: "read", step: guardedStep, reject });
    });
  }

  #push(job: Exclude<Job, WriteJob>): void {
    this.#backlog.push(job);
    this.#balance();
    this.#options.slicer.request(this);
  }
}

function* encoded(parts: Iterable<string>): Generator<undefined, Uint8Array> {
  let text = "";
  for (const part of parts) {
    text += part;
    yield;
  }
  return encoder.encode(text);
}

function shellEnded(): AgentdError {
  return new AgentdError("shell_ended", "the shell has ended");
}
