// The writing half of a client's socket: JSON lines first, packets later, many small writes as one.
import type { Socket } from "node:net";
import { packetHeader } from "../../shared/packet.js";

/** How long a client may take to read what was written before its stream was ended. */
const END_DEADLINE_MS = 5000;

/**
 * Corks the socket for the rest of the turn, so that all frames of one turn leave in one system call.
 * Writing never waits and never throws; who writes a lot watches `queuedBytes`.
 */
export class SocketWriter {
  readonly #socket: Socket;
  #corked = false;
  #ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** What the kernel has not taken yet, bytes. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Calls back each time the queue has run empty after having been full. */
  onDrain(callback: () => void): void {
    this.#socket.on("drain", callback);
  }

  writeLine(line: string): void {
    if (!this.#open()) return;
    this.#socket.write(line);
  }

  /** Writes one packet. `frame` belongs to the socket from now on: it is not copied. */
  send(frame: Uint8Array): void {
    if (!this.#open()) return;
    this.#socket.write(packetHeader(frame.length));
    this.#socket.write(frame);
  }

  /** Lets what is written be read, then ends the stream; a client that does not read is cut off after 5 s. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.end();
    const deadline = setTimeout(() => this.#socket.destroy(), END_DEADLINE_MS);
    this.#socket.once("close", () => clearTimeout(deadline));
  }

  #open(): boolean {
    if (this.#ended || !this.#socket.writable) return false;
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    return true;
  }
}
