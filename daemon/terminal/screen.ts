// A shell's screen: a headless terminal that parses in slices, and can be asked for bytes that reproduce it.

import type { Terminal } from "@xterm/headless";
import xterm from "@xterm/headless";
import { AgentdError } from "../../shared/errors.js";
import type { Size } from "../../shared/size.js";
import { useCharWidths } from "./char-width.js";
import { ModeTracker } from "./mode-tracker.js";
import { screenText } from "./screen-text.js";
import { ScrollbackCache } from "./scrollback-cache.js";
import { serialize } from "./serializer.js";
import type { SlicedTask, Slicer } from "./slicer.js";
import { WholeCharacters } from "./whole-characters.js";
import { stateOf, writeNow } from "./xterm-internals.js";
import { repair } from "./xterm-repairs.js";

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
  /** Unparsed input rose above 2 MiB (true), or is below 512 KiB again (false). */
  onPressure?(high: boolean): void;
  /** A sequence broke the parser, and the screen was reset and goes on; or one of the listeners above threw. */
  onFault?(cause: unknown): void;
}

export interface TextOptions {
  /** First line: 0 is the top of the screen, negative reaches into the scrollback. */
  readonly start?: number;
  /** With SGR sequences. */
  readonly ansi?: boolean;
}

/** Parsed at once, between two looks at the clock: 0.2 ms of work, 0.6 ms before the code is warm. */
const PIECE_BYTES = 16 * 1024;
const HIGH_PENDING_BYTES = 2 * 1024 * 1024;
const LOW_PENDING_BYTES = 512 * 1024;
/** Chunks smaller than this are copied together: many tiny writes cost no more than a few. */
const JOIN_BELOW_BYTES = 4 * 1024;

type Job =
  | {
      readonly kind: "write";
      bytes: Uint8Array;
      length: number;
      done: number;
      readonly answerQueries: boolean;
    }
  | { readonly kind: "resize"; readonly size: Size }
  | { readonly kind: "read"; readonly step: () => boolean; readonly reject: (error: AgentdError) => void };

const encoder = new TextEncoder();

/**
 * Invariants: jobs run strictly in the order of the calls that made them; `write` never parses in the caller's turn;
 * a fault in the parser loses the screen's content and nothing else.
 */
export class Screen implements SlicedTask {
  readonly #options: ScreenOptions;
  #terminal: Terminal;
  #tracker: ModeTracker;
  #drawn: ScrollbackCache;
  #jobs: Job[] = [];
  #pendingBytes = 0;
  #underPressure = false;
  #answerQueries = false;
  readonly #characters = new WholeCharacters();
  #disposed = false;

  constructor(options: ScreenOptions) {
    this.#options = options;
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
    return this.#pendingBytes;
  }

  /** Queues output. `bytes` may be kept: the caller must not change them afterwards. */
  write(bytes: Uint8Array, answerQueries: boolean): void {
    if (this.#disposed || bytes.length === 0) return;
    if (!this.#join(bytes, answerQueries)) {
      this.#push({ kind: "write", bytes, length: bytes.length, done: 0, answerQueries });
    }
    this.#pendingBytes += bytes.length;
    if (!this.#underPressure && this.#pendingBytes > HIGH_PENDING_BYTES) {
      this.#underPressure = true;
      this.#options.onPressure?.(true);
    }
  }

  resize(size: Size): void {
    if (!this.#disposed) this.#push({ kind: "resize", size });
  }

  /**
   * Bytes that draw the state after everything written and resized before this call, without an unfinished sequence.
   * Rejects with `shell_ended` when the screen is disposed first.
   */
  async snapshot(): Promise<Uint8Array> {
    let text = "";
    let parts: Iterator<string> | undefined;
    return this.#read(
      () => {
        parts ??= serialize(stateOf(this.#terminal), this.#tracker, this.#drawn);
        const part = parts.next();
        if (part.done) return true;
        text += part.value;
        return false;
      },
      () => encoder.encode(text),
    );
  }

  /** The lines of the screen that is on, after everything written before this call; each ends with a newline. */
  async text(options: TextOptions = {}): Promise<string> {
    let text = "";
    return this.#read(
      () => {
        text = screenText(stateOf(this.#terminal), options.start ?? 0, options.ansi === true);
        return true;
      },
      () => text,
    );
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#options.slicer.cancel(this);
    for (const job of this.#jobs) if (job.kind === "read") job.reject(shellEnded());
    this.#jobs = [];
    this.#pendingBytes = 0;
    this.#terminal.dispose();
  }

  runSlice(deadline: number): boolean {
    const { now } = this.#options.slicer;
    do {
      const job = this.#jobs[0];
      if (job === undefined) return false;
      if (this.#runStep(job)) this.#jobs.shift();
    } while (!this.#disposed && now() < deadline);
    return this.#jobs.length > 0;
  }

  /** Returns whether `job` is finished. */
  #runStep(job: Job): boolean {
    switch (job.kind) {
      case "write":
        return this.#parsePiece(job);
      case "resize":
        this.#guarded(() => this.#terminal.resize(Math.max(2, job.size.cols), job.size.rows));
        return true;
      case "read":
        return job.step();
    }
  }

  #parsePiece(job: Job & { kind: "write" }): boolean {
    const end = Math.min(job.length, job.done + PIECE_BYTES);
    const piece = job.bytes.subarray(job.done, end);
    job.done = end;
    this.#answerQueries = job.answerQueries;
    const whole = this.#characters.push(piece);
    if (whole.length > 0) this.#guarded(() => writeNow(this.#terminal, whole));
    this.#answerQueries = false;
    this.#pendingBytes -= piece.length;
    if (this.#underPressure && this.#pendingBytes < LOW_PENDING_BYTES) {
      this.#underPressure = false;
      this.#options.onPressure?.(false);
    }
    return end === job.length;
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
    const terminal = new xterm.Terminal({
      cols: Math.max(2, cols),
      rows,
      scrollback: this.#options.scrollback,
      allowProposedApi: true,
      logLevel: "off",
      windowOptions: { getWinSizeChars: true, pushTitle: true, popTitle: true },
    });
    useCharWidths(terminal);
    repair(terminal);
    terminal.onData((reply) => {
      if (this.#answerQueries) this.#notify(() => this.#options.onReply(encoder.encode(reply)));
    });
    const tracker = new ModeTracker(terminal, {
      onTitle: (title) => this.#notify(() => this.#options.onTitle?.(title)),
      onCwd: (cwd) => this.#notify(() => this.#options.onCwd?.(cwd)),
    });
    return [terminal, tracker, new ScrollbackCache(terminal)];
  }

  /** Copies a small chunk into the last job's room; false when it needs a job of its own. */
  #join(bytes: Uint8Array, answerQueries: boolean): boolean {
    const last = this.#jobs.at(-1);
    if (last?.kind !== "write" || last.answerQueries !== answerQueries) return false;
    if (bytes.length >= JOIN_BELOW_BYTES || last.length + bytes.length > PIECE_BYTES) return false;
    if (last.bytes.length < PIECE_BYTES) {
      const room = new Uint8Array(PIECE_BYTES);
      room.set(last.bytes.subarray(0, last.length));
      last.bytes = room;
    }
    last.bytes.set(bytes, last.length);
    last.length += bytes.length;
    return true;
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

  #push(job: Job): void {
    this.#jobs.push(job);
    this.#options.slicer.request(this);
  }
}

function shellEnded(): AgentdError {
  return new AgentdError("shell_ended", "the shell has ended");
}
