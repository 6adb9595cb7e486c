// The writing half of a client's socket: JSON lines first, packets later, many small writes as one.
import type { Socket } from "node:net";
import { framePacket, packetHeader } from "../../shared/packet.js";

/** How long a client may take to read what was written before its stream was ended. */
const END_DEADLINE_MS = 5000;

/** A frame up to this size is copied behind its header: one buffer is cheaper to write than two. */
const JOIN_BYTES = 4 * 1024;

/**
 * The first write of a turn leaves at once: most turns have one, the echo of a key. The socket is corked for the rest of the
 * turn, so that all other frames leave in one system call. Writing never waits and never throws; who writes a lot watches
 * `queuedBytes`.
 */
export class SocketWriter {
  readonly #socket: Socket;
  #turn: "new" | "written" | "corked" = "new";
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
    if (this.#open()) this.#socket.write(line);
  }

  /** Writes one packet. `frame` belongs to the socket from now on: it is not copied. */
  send(frame: Uint8Array): void {
    if (!this.#open()) return;
    if (frame.length <= JOIN_BYTES) {
      this.#socket.write(framePacket(frame));
      return;
    }
    this.#socket.cork();
    this.#socket.write(packetHeader(frame.length));
    this.#socket.write(frame);
    this.#socket.uncork();
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
    if (this.#turn === "new") {
      this.#turn = "written";
      process.nextTick(() => {
        if (this.#turn === "corked") this.#socket.uncork();
        this.#turn = "new";
      });
    } else if (this.#turn === "written") {
      this.#turn = "corked";
      this.#socket.cork();
    }
    return true;
  }
}
