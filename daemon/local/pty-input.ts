// Typed bytes on their way into a PTY master: written in order, never blocking, at the pace of the program that reads.
import { writeSync } from "node:fs";

/** One write(2); the kernel takes what fits. */
const WRITE_BYTES = 64 * 1024;
/**
 * There is no "writable" event for a descriptor that we do not own as a stream. A program that reads makes room within
 * microseconds: it is asked again in the next turns, until so long nothing went in ...
 */
const EAGER_MS = 0.3;
/** ... and then after this long. */
const FIRST_RETRY_MS = 1;
const MAX_RETRY_MS = 20;

/**
 * Invariants: bytes leave in the order they came; nothing is dropped before `close`; a program that does not read costs
 * one timer and no blocked thread (a stream on the master would block the whole process here).
 */
export class PtyInput {
  readonly #fd: number;
  readonly #onDrain: (pendingBytes: number) => void;
  readonly #queue: Uint8Array[] = [];
  #pendingBytes = 0;
  #retry: NodeJS.Timeout | undefined;
  #eager: NodeJS.Immediate | undefined;
  #progressAt = 0;
  #retryMs = FIRST_RETRY_MS;
  #closed = false;

  /** @param onDrain called after a delayed write made progress, with the bytes still waiting. */
  constructor(fd: number, onDrain: (pendingBytes: number) => void) {
    this.#fd = fd;
    this.#onDrain = onDrain;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Takes ownership of `bytes`. */
  write(bytes: Uint8Array): void {
    if (this.#closed || bytes.length === 0) return;
    this.#queue.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#retry === undefined && this.#eager === undefined) this.#flush();
  }

  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#pendingBytes = 0;
    clearTimeout(this.#retry);
    clearImmediate(this.#eager);
  }

  #flush(): void {
    this.#retry = undefined;
    this.#eager = undefined;
    const before = this.#pendingBytes;
    for (let chunk = this.#queue[0]; chunk !== undefined; chunk = this.#queue[0]) {
      const part = chunk.subarray(0, WRITE_BYTES);
      const written = this.#tryWrite(part);
      if (this.#closed) return;
      this.#pendingBytes -= written;
      if (written === chunk.length) this.#queue.shift();
      else this.#queue[0] = chunk.subarray(written);
      // No room: to ask again now would cost an exception.
      if (written < part.length) break;
    }
    if (this.#pendingBytes === 0) {
      this.#retryMs = FIRST_RETRY_MS;
      return;
    }
    const now = performance.now();
    if (this.#pendingBytes < before) this.#progressAt = now;
    if (now - this.#progressAt < EAGER_MS) {
      this.#retryMs = FIRST_RETRY_MS;
      this.#eager = setImmediate(() => this.#retryFlush());
      return;
    }
    this.#retry = setTimeout(() => this.#retryFlush(), this.#retryMs);
    this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
  }

  #retryFlush(): void {
    const before = this.#pendingBytes;
    this.#flush();
    if (!this.#closed && this.#pendingBytes < before) this.#onDrain(this.#pendingBytes);
  }

  /** Bytes taken; 0 when the terminal's buffer is full. */
  #tryWrite(bytes: Uint8Array): number {
    try {
      return writeSync(this.#fd, bytes);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // EIO: nobody has the terminal open any more; the exit is on its way.
      if (code !== "EAGAIN" && code !== "EINTR") this.close();
      return 0;
    }
  }
}
