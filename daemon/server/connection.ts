// What a method may do with the connection that called it.
import type { ShellEvent } from "../../shared/rpc.js";

/** Where the shell writes the frames of one attached client, and how it slows that client down. */
export interface PacketSink {
  /** Never waits; `frame` must not be changed afterwards. */
  send(frame: Uint8Array): void;
  /** What the client has not taken yet, bytes. */
  readonly queuedBytes: number;
  /** Calls back each time the queue has run empty after having been full. */
  onDrain(callback: () => void): void;
  /** Ends the stream after what was sent. */
  end(): void;
  pauseInput(): void;
  resumeInput(): void;
}

/** The shell's side of an attached client. */
export interface PacketReceiver {
  /** Called once, in the turn in which the answer of `shell.attach` was written. */
  start(): void;
  /** A frame from the client; it may be a view of a bigger chunk, so whoever keeps it copies it. */
  handleFrame(frame: Uint8Array): void;
  /** The client is gone; called once, also after `end`. */
  closed(): void;
}

export interface Connection {
  readonly sink: PacketSink;
  /** @throws AgentdError `protocol_mismatch`, `too_busy` (too many clients), `invalid_request` (said hello before). */
  greet(protocol: number, client: string): void;
  /** From now on the connection is a stream of packets; bytes that came behind the request are the first. */
  becomeStream(receiver: PacketReceiver): void;
  /** Sends an `event` notification. */
  notify(event: ShellEvent): void;
  /** Runs `callback` when the connection has ended; at once when it has. */
  onClose(callback: () => void): void;
}

/** One call of a method. */
export interface Call {
  readonly connection: Connection;
  /** Runs `callback` in the turn in which the answer was written; not at all when the call fails. */
  afterAnswer(callback: () => void): void;
}
