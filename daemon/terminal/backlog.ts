// What a screen has still to do: output to parse, sizes to take and reads to answer, in the order in which they came.
import type { Size } from "../../shared/size.js";

/** Output: `bytes` from `done` to `length`. */
export interface WriteJob {
  readonly kind: "write";
  bytes: Uint8Array;
  length: number;
  done: number;
  readonly answerQueries: boolean;
  /** It has been looked through for what can be left out. */
  isSkimmed: boolean;
}

export type Job =
  | WriteJob
  | { readonly kind: "resize"; size: Size }
  | { readonly kind: "read"; readonly step: () => boolean; readonly reject: (error: Error) => void };

/** Room for small writes: they are copied together, so that many cost no more than a few. */
const ROOM_BYTES = 16 * 1024;
const JOIN_BELOW_BYTES = 4 * 1024;
/** When so many others wait, of sizes that come one after the other only the last counts: each can take tens of milliseconds. */
const MAX_AWAITED_RESIZES = 64;

/** Invariant: `pendingBytes` is what the write jobs have left, and `others` counts the jobs that are no writes. */
export class Backlog {
  #jobs: Job[] = [];
  #pendingBytes = 0;
  #others = 0;

  get head(): Job | undefined {
    return this.#jobs[0];
  }

  /** Bytes of output that wait. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Somebody waits for a size or an answer. */
  get isAwaited(): boolean {
    return this.#others > 0;
  }

  /** `bytes` may be kept. */
  write(bytes: Uint8Array, answerQueries: boolean): void {
    this.#pendingBytes += bytes.length;
    if (this.#join(bytes, answerQueries)) return;
    this.#jobs.push({ kind: "write", bytes, length: bytes.length, done: 0, answerQueries, isSkimmed: false });
  }

  push(job: Exclude<Job, WriteJob>): void {
    const last = this.#jobs.at(-1);
    if (job.kind === "resize" && last?.kind === "resize" && this.#others >= MAX_AWAITED_RESIZES) {
      last.size = job.size;
      return;
    }
    this.#others++;
    this.#jobs.push(job);
  }

  /** The head is done. */
  shift(): void {
    const job = this.#jobs.shift();
    if (job?.kind === "write") this.#pendingBytes -= job.length - job.done;
    else if (job !== undefined) this.#others--;
  }

  /** The next `count` bytes of the head, which is a write, are done. */
  advance(job: WriteJob, count: number): void {
    job.done += count;
    this.#pendingBytes -= count;
  }

  /** The job `index` places behind the head; undefined when it is no write. */
  writeAt(index: number): WriteJob | undefined {
    const job = this.#jobs[index];
    return job?.kind === "write" ? job : undefined;
  }

  /** The next `count` bytes of output are done: of all the writes at the head. */
  skip(count: number): void {
    for (let left = count; left > 0; ) {
      const job = this.#jobs[0];
      if (job?.kind !== "write") return;
      const part = Math.min(left, job.length - job.done);
      this.advance(job, part);
      left -= part;
      if (job.done === job.length) this.#jobs.shift();
    }
  }

  /** Forgets everything; returns the jobs that there were. */
  clear(): readonly Job[] {
    const jobs = this.#jobs;
    this.#jobs = [];
    this.#pendingBytes = 0;
    this.#others = 0;
    return jobs;
  }

  /** Copies a small chunk into the last job's room; false when it needs a job of its own. */
  #join(bytes: Uint8Array, answerQueries: boolean): boolean {
    const last = this.#jobs.at(-1);
    if (last?.kind !== "write" || last.answerQueries !== answerQueries || last.isSkimmed) return false;
    if (bytes.length >= JOIN_BELOW_BYTES || last.length + bytes.length > ROOM_BYTES) return false;
    if (last.bytes.length < ROOM_BYTES) {
      const room = new Uint8Array(ROOM_BYTES);
      room.set(last.bytes.subarray(0, last.length));
      last.bytes = room;
    }
    last.bytes.set(bytes, last.length);
    last.length += bytes.length;
    return true;
  }
}
