// The user's terminal while attached: raw input, output that never blocks this process, and a restore on every way out.
import { closeSync, writeSync } from "node:fs";
import { clampSize, type Size } from "../../shared/size.js";
import { writeCrash } from "../crash-line.js";
import { LineDiscipline } from "./line-discipline.js";
import { OutputTracker } from "./output-tracker.js";
import { clearSequence, gapSequence, makeRoomSequence, restoreSequence, SHOW } from "./restore-sequence.js";

/** A terminal that takes this long for what it was sent will not take the rest either. */
const FLUSH_LIMIT_MS = 500;

/** Making the terminal exact takes a few milliseconds; output waits for it no longer than this. */
const EXACT_LIMIT_MS = 200;

/** Signals that end the attachment: the terminal is going away, or somebody wants this process gone. */
const ENDING_SIGNALS = ["SIGHUP", "SIGTERM", "SIGINT", "SIGQUIT"] as const;

export interface TerminalHandlers {
  onInput(bytes: Uint8Array): void;
  /** The terminal is gone, or a signal asks to leave. */
  onHangup(): void;
  onResize(size: Size): void;
  /** More output may be written, after `write` answered false. */
  onDrain(): void;
  /** The process was stopped and goes on: the screen holds something else now. */
  onContinue(): void;
}

export interface TerminalStreams {
  readonly stdin: typeof process.stdin;
  readonly stdout: typeof process.stdout;
  readonly discipline?: Pick<LineDiscipline, "makeExact" | "stop">;
}

type Listener = Parameters<NodeJS.EventEmitter["on"]>[1];

/**
 * Invariants:
 * 1. From `start` until `restore`, every way out of this process restores the terminal: `restore` itself, the ending
 *    signals, SIGTSTP, an exception that nobody caught, and `process.exit` from anywhere (the "exit" event).
 * 2. Restoring happens once, and clears nothing.
 * 3. Between `makeExact` and its end nothing is written: what comes waits, in order, and `write` answers false.
 */
export class RawTerminal {
  readonly tracker = new OutputTracker();
  readonly #stdin: TerminalStreams["stdin"];
  readonly #stdout: TerminalStreams["stdout"];
  readonly #listeners: (() => void)[] = [];
  readonly #discipline: Pick<LineDiscipline, "makeExact" | "stop">;
  #raw = false;
  /** The driver passes every byte as it is, or is about to. */
  #exact = false;
  /** Output that waits until it does, and how long at most. */
  #held: { readonly output: (Uint8Array | string)[]; readonly limit: NodeJS.Timeout } | undefined;
  #onDrain: () => void = () => {};
  /** The terminal was closed under us. */
  #gone = false;

  constructor({ stdin, stdout, discipline = new LineDiscipline() }: TerminalStreams) {
    this.#discipline = discipline;
    this.#stdin = stdin;
    this.#stdout = stdout;
  }

  get size(): Size {
    return clampSize(this.#stdout.columns, this.#stdout.rows);
  }

  /** Everything that was written has reached the terminal, so that another descriptor may write to it in turn. */
  get isIdle(): boolean {
    if (this.#held !== undefined && this.#held.output.length > 0) return false;
    return (handleOf(this.#stdout)?.writeQueueSize ?? this.#stdout.writableLength) === 0;
  }

  start(handlers: TerminalHandlers): void {
    this.#onDrain = () => handlers.onDrain();
    this.#listen(process, "exit", () => this.#restoreNow());
    this.#listen(process, "uncaughtException", (error: unknown) => this.#crash(error));
    this.#listen(process, "unhandledRejection", (error: unknown) => this.#crash(error));
    for (const signal of ENDING_SIGNALS) this.#listen(process, signal, () => handlers.onHangup());
    this.#listen(process, "SIGTSTP", () => {
      this.#restoreNow();
      process.kill(process.pid, "SIGSTOP");
    });
    this.#listen(process, "SIGCONT", () => {
      this.#forgetRaw();
      this.#enterRaw();
      this.makeExact();
      handlers.onContinue();
    });
    this.#listen(this.#stdin, "data", (bytes: Uint8Array) => handlers.onInput(bytes));
    for (const event of ["end", "close", "error"])
      this.#listen(this.#stdin, event, () => handlers.onHangup());
    this.#listen(this.#stdout, "error", () => handlers.onHangup());
    this.#listen(this.#stdout, "resize", () => handlers.onResize(this.size));
    this.#listen(this.#stdout, "drain", () => handlers.onDrain());
    this.#enterRaw();
    this.#stdin.resume();
  }

  /** From here on the terminal gets every byte as it is. Late, because it starts a process: the first screen goes first. */
  makeExact(): void {
    if (this.#exact || !this.#raw) return;
    this.#exact = true;
    this.#held = { output: [], limit: setTimeout(() => this.#release(), EXACT_LIMIT_MS) };
    this.#discipline.makeExact(this.#stdin.fd, () => this.#release());
  }

  /** Writes output of the shell. False: the terminal is slow, wait for `onDrain`. */
  write(bytes: Uint8Array): boolean {
    this.tracker.push(bytes);
    return this.#put(bytes);
  }

  /**
   * Blanks the screen before a snapshot. `keep`: what the user has on it moves into the scrollback. `hold`: that, and what is
   * drawn after it, is seen with `show`.
   */
  clear(keep: boolean, hold = false): void {
    this.#put(keep ? makeRoomSequence(this.size.rows) : clearSequence(this.tracker, hold));
    this.tracker.reset();
  }

  show(): void {
    this.#put(SHOW);
  }

  /** The same, with `line` in the scrollback, where what was not shown would be. Not in the alternate screen. */
  clearBehind(line: string): void {
    this.#put(gapSequence(this.tracker, this.size.rows, line));
    this.tracker.reset();
  }

  pauseInput(): void {
    this.#stdin.pause();
  }

  resumeInput(): void {
    this.#stdin.resume();
  }

  /** Gives the terminal back, when what was written has reached it. False: it takes nothing any more, write no more. */
  async restore(): Promise<boolean> {
    this.#onDrain = () => {};
    this.#release();
    const alive = !this.#raw || (await this.#flushed());
    this.#restoreNow(alive);
    for (const stop of this.#listeners.splice(0)) stop();
    this.#stdin.pause();
    // The end of input may come before the signal of the same hang-up, which would end this process without its status.
    if (!alive || this.#gone) process.on("SIGHUP", () => {});
    return alive && !this.#gone;
  }

  /** After a SIGSTOP, which nobody sees coming: the user's shell has had the terminal, and put it into a mode of its own. */
  #forgetRaw(): void {
    if (!this.#leaveRaw()) return;
    // Node changes nothing when it believes the mode is on.
    this.#stdin.setRawMode(false);
  }

  #enterRaw(): void {
    if (this.#raw) return;
    this.#raw = true;
    this.#stdin.setRawMode(true);
    setBlocking(this.#stdout, false);
  }

  /** What is held is dropped: `restore` has released it, and whoever goes on after a stop asks for the whole screen. */
  #leaveRaw(): boolean {
    if (!this.#raw) return false;
    this.#raw = false;
    this.#exact = false;
    clearTimeout(this.#held?.limit);
    this.#held = undefined;
    this.#discipline.stop();
    return true;
  }

  #put(output: Uint8Array | string): boolean {
    if (this.#held === undefined) return this.#stdout.write(output);
    // A view into the read buffer does not last.
    this.#held.output.push(typeof output === "string" ? output : output.slice());
    return false;
  }

  #release(): void {
    if (this.#held === undefined) return;
    const { output, limit } = this.#held;
    clearTimeout(limit);
    this.#held = undefined;
    for (const piece of output) this.#stdout.write(piece);
    if (!this.#stdout.writableNeedDrain) this.#onDrain();
  }

  /** Synchronous, for the ways out that allow nothing else. @param write false: writing would block for ever. */
  #restoreNow(write = true): void {
    if (!this.#leaveRaw()) return;
    try {
      setBlocking(this.#stdout, true);
      if (write) writeSync(this.#stdout.fd, restoreSequence(this.tracker));
      this.tracker.reset();
      this.#stdin.setRawMode(false);
    } catch (error) {
      // There is nothing left to restore.
      this.#gone = true;
      if ((error as NodeJS.ErrnoException).code === "EIO") closeStandardStreams();
    }
  }

  #flushed(): Promise<boolean> {
    if (this.#stdout.writableLength === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const limit = setTimeout(() => resolve(false), FLUSH_LIMIT_MS);
      this.#stdout.write("", () => {
        clearTimeout(limit);
        resolve(true);
      });
    });
  }

  #crash(error: unknown): never {
    this.#restoreNow();
    writeCrash(error);
    process.exit(254);
  }

  #listen(source: NodeJS.EventEmitter, event: string, listener: Listener): void {
    source.on(event, listener);
    this.#listeners.push(() => source.off(event, listener));
  }
}

/**
 * Node restores the modes of the standard streams when it exits, and aborts (with a core dump) when their terminal was hung
 * up meanwhile; streams that are closed it leaves alone.
 */
export function closeStandardStreams(): void {
  for (const stream of [0, 1, 2]) {
    try {
      closeSync(stream);
    } catch {
      // It was closed already.
    }
  }
}

interface TerminalHandle {
  setBlocking?(blocking: boolean): void;
  /** Bytes that libuv holds because the terminal did not take them. */
  readonly writeQueueSize?: number;
}

/**
 * Node writes to terminals blocking, so one that does not read would stop this whole process, the detach key included.
 * There is no public switch; where the private one is missing, writing stays blocking.
 */
function setBlocking(stream: TerminalStreams["stdout"], blocking: boolean): void {
  handleOf(stream)?.setBlocking?.(blocking);
}

function handleOf(stream: TerminalStreams["stdout"]): TerminalHandle | undefined {
  return (stream as unknown as { readonly _handle?: TerminalHandle })._handle;
}
