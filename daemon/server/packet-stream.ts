// An attached client's input: chunks become frames for the shell, until one side has had enough.
import { PacketDecoder } from "../../shared/packet.js";
import type { PacketReceiver } from "./connection.js";

/** Methods after whose answer the connection is a stream of packets. */
export function becomesStream(method: string): boolean {
  return method === "shell.attach" || method === "exec.run";
}

/** Invariant: the receiver learns exactly once that its client is gone, and gets no frame afterwards. */
export class PacketStream {
  readonly #receiver: PacketReceiver;
  readonly #decoder = new PacketDecoder();
  #open = true;
  #told = false;

  constructor(receiver: PacketReceiver) {
    this.#receiver = receiver;
  }

  start(): void {
    this.#receiver.start();
  }

  /** Hands over the frames that `chunk` completes. @throws AgentdError `bad_packet`. */
  push(chunk: Uint8Array): void {
    for (const frame of this.#decoder.push(chunk)) {
      // The receiver may end the stream in the middle of a chunk.
      if (!this.#open) return;
      this.#receiver.handleFrame(frame);
    }
  }

  /** No more frames, also none of the chunk that is being handled. */
  stop(): void {
    this.#open = false;
  }

  /** Tells the receiver that the client is gone. */
  tellGone(): void {
    this.stop();
    if (this.#told) return;
    this.#told = true;
    this.#receiver.closed();
  }
}
