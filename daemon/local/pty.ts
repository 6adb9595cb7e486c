// One program on one pseudo-terminal: its output whole to the last byte, its input in order, its exit at once.
import { closeSync, constants, openSync, readSync } from "node:fs";
import { ReadStream } from "node:tty";
import { AgentdError } from "../../shared/errors.js";
import type { Size } from "../../shared/size.js";
import type { ShellExit } from "../../shared/status.js";
import { type Invocation, wrapExec } from "./exec-wrapper.js";
import { type ForkedPty, nativePty, spawnHelperPath } from "./native-pty.js";
import { sessionProcesses, signalProcesses, terminalGroups } from "./process-groups.js";
import { PtyInput } from "./pty-input.js";
import { checkDirectory, checkExecSize, noTerminalReason } from "./spawn-check.js";

export interface PtySpec {
  readonly invocation: Invocation;
  readonly cwd: string;
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  readonly size: Size;
  readonly umask: number;
}

export interface PtyHandlers {
  /** Output in order; the bytes are the receiver's to keep. */
  onOutput(bytes: Uint8Array): void;
  /** Once, after the last output. */
  onExit(exit: ShellExit): void;
  /** Input that waited has gone out; `pendingBytes` still wait. */
  onInputDrain(pendingBytes: number): void;
}

/** How long output may still come from a background process (`exec > >(tee log)`) before the exit is reported. */
const EXIT_GRACE_MS = 50;
/** How long such a process keeps a terminal after the exit was reported. */
const LINGER_MS = 1000;
const POLL_MS = 5;
const READ_BYTES = 64 * 1024;
/** A read of this size so soon after a piece was given on belongs to a flood: it waits for company, this long or until this much. */
const FLOOD_READ_BYTES = 1024;
const FLOOD_GAP_MS = 3;
const FLOOD_WAIT_MS = 1;
const FLOOD_PIECE_BYTES = 48 * 1024;

/**
 * Invariants.
 * 1. The slave is held open until the child has ended: the event loop takes a hang-up with a short read for the end of
 *    the stream, and would lose the output's tail. After the exit the master is read here until the kernel has nothing
 *    left (EAGAIN: somebody else still holds the terminal; EIO: nobody does).
 * 2. `onExit` comes after the last `onOutput`, once. Output after it (background processes) is read and thrown away.
 * 3. The descriptor is the stream's: once that has destroyed itself (a hang-up is an error to it), the number may belong
 *    to a socket. Nothing reads, writes or resizes it by number after that.
 * 4. Output that arrives in one turn of the event loop is given on as one piece; in a flood, what arrives in a moment is:
 *    the kernel hands out 4 KB at a time, and every piece costs its way through three programs.
 */
export class Pty {
  readonly pid: number;
  readonly #handlers: PtyHandlers;
  readonly #master: ForkedPty;
  readonly #stream: ReadStream;
  readonly #input: PtyInput;
  #slave: number | undefined;
  #pieces: Uint8Array[] = [];
  #collected = 0;
  #flush: NodeJS.Immediate | undefined;
  #floodFlush: NodeJS.Timeout | undefined;
  #flushedAt = 0;
  #lingering: NodeJS.Timeout | undefined;
  #exited = false;
  /** The exit was reported: no output after it. */
  #isOver = false;

  /** Starts the program. @throws AgentdError `spawn_failed` with the system's reason; then nothing is left behind. */
  constructor(spec: PtySpec, handlers: PtyHandlers) {
    const { cols, rows } = spec.size;
    const { file, args } = wrapExec(spec.invocation, spec);
    const env = Object.entries(spec.env).map(([name, value]) => `${name}=${value}`);
    checkDirectory(spec.cwd);
    checkExecSize(args, env);
    const native = nativePty();
    this.#handlers = handlers;
    try {
      const onExit = (exitCode: number, signal: number) => this.#handleExit(exitCode, signal);
      const helper = spawnHelperPath();
      this.#master = native.fork(file, args, env, spec.cwd, cols, rows, -1, -1, true, helper, onExit);
    } catch (cause) {
      throw new AgentdError("spawn_failed", noTerminalReason(), { cause });
    }
    this.pid = this.#master.pid;
    try {
      this.#slave = openSync(this.#master.pty, constants.O_RDWR | constants.O_NOCTTY);
    } catch {
      // No way to the slave by name (an odd mount): then only invariant 1's guarantee is weaker.
    }
    this.#input = new PtyInput(this.#master.fd, (pendingBytes) => handlers.onInputDrain(pendingBytes));
    this.#stream = new ReadStream(this.#master.fd);
    this.#stream.on("data", (bytes: Uint8Array) => this.#collect(bytes));
    // EIO is how a terminal says that nobody has it open; the exit callback says the rest.
    this.#stream.on("error", () => this.#input.close());
  }

  get pendingInputBytes(): number {
    return this.#input.pendingBytes;
  }

  /** Takes ownership of `bytes`. Never blocks; what the program does not read yet is kept in order. */
  write(bytes: Uint8Array): void {
    this.#input.write(bytes);
  }

  resize({ cols, rows }: Size): void {
    if (this.#isOpen) nativePty().resize(this.#master.fd, cols, rows);
  }

  /** Stops reading: the kernel's buffer fills, and the program waits in write(2). */
  pause(): void {
    if (!this.#exited) this.#stream.pause();
  }

  resume(): void {
    if (!this.#exited) this.#stream.resume();
  }

  /** The process groups of this terminal now, for `signalGroups`. */
  groups(): number[] {
    return this.#exited ? [] : terminalGroups(this.pid);
  }

  /** Kills every process of this terminal session, background jobs included. */
  destroy(): void {
    if (!this.#exited) signalProcesses([...sessionProcesses(this.pid), this.pid], "SIGKILL");
  }

  get #isOpen(): boolean {
    return !this.#stream.destroyed;
  }

  #collect(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#pieces.push(bytes);
    this.#collected += bytes.length;
    const isFollowing = performance.now() - this.#flushedAt < FLOOD_GAP_MS;
    // The echo of a key waits for nothing.
    const isAlone = !isFollowing && bytes.length < FLOOD_READ_BYTES && this.#pieces.length === 1;
    if (isAlone || this.#collected >= FLOOD_PIECE_BYTES) this.#flushOutput();
    else if (bytes.length >= FLOOD_READ_BYTES && isFollowing)
      this.#floodFlush ??= setTimeout(() => this.#flushOutput(), FLOOD_WAIT_MS);
    else if (this.#floodFlush === undefined) this.#flush ??= setImmediate(() => this.#flushOutput());
  }

  #flushOutput(): void {
    clearImmediate(this.#flush);
    clearTimeout(this.#floodFlush);
    this.#flush = undefined;
    this.#floodFlush = undefined;
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    this.#pieces = [];
    this.#collected = 0;
    this.#flushedAt = performance.now();
    const [only] = pieces;
    this.#handlers.onOutput(pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces));
  }

  #handleExit(exitCode: number, signal: number): void {
    this.#exited = true;
    this.#input.close();
    this.#stream.pause();
    this.#drain();
    this.#releaseSlave();
    const exit: ShellExit =
      signal > 0 ? { kind: "signal", signal, exitCode: 128 + signal } : { kind: "code", exitCode };
    this.#awaitLast(exit, performance.now());
  }

  /** Reports the exit as soon as nobody has the terminal open, or after the grace; closes the master after the linger time. */
  #awaitLast(exit: ShellExit | undefined, exitedAt: number): void {
    const free = this.#drain();
    const age = performance.now() - exitedAt;
    let unreported = exit;
    if (unreported !== undefined && (free || age >= EXIT_GRACE_MS)) {
      this.#flushOutput();
      this.#isOver = true;
      this.#handlers.onExit(unreported);
      unreported = undefined;
    }
    if (unreported === undefined) this.#pieces = [];
    if (free || age >= LINGER_MS) this.#close();
    else this.#lingering = setTimeout(() => this.#awaitLast(unreported, exitedAt), POLL_MS);
  }

  /** Reads all there is now. True: nobody else has the terminal open. */
  #drain(): boolean {
    // A paused stream still takes one piece from the kernel; it comes before what is left there. Reading emits `data`.
    while (this.#isOpen && this.#stream.read() !== null);
    // The bound keeps a background flood from holding the event loop; the next poll goes on.
    for (let read = 0; read < 64; read++) {
      if (!this.#isOpen) return true;
      const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
      try {
        const bytes = readSync(this.#master.fd, buffer);
        if (bytes === 0) return true;
        this.#pieces.push(new Uint8Array(buffer.subarray(0, bytes)));
      } catch (error) {
        return (error as NodeJS.ErrnoException).code !== "EAGAIN";
      }
    }
    return false;
  }

  #releaseSlave(): void {
    if (this.#slave === undefined) return;
    closeSync(this.#slave);
    this.#slave = undefined;
  }

  #close(): void {
    clearTimeout(this.#lingering);
    this.#stream.destroy();
  }
}
