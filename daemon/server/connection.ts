// What a method may do with the connection that called it.
import type { ScreenFrame, ShellEvent } from "../../shared/rpc.js";
import type { RunOutput } from "../../shared/run.js";
import type { ClientSink } from "../shell/clients/client-host.js";

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
  readonly sink: ClientSink;
  /** What it called itself in its greeting. */
  readonly program: string;
  /** @throws AgentdError `protocol_mismatch`, `too_busy` (too many clients), `invalid_request` (said hello before). */
  greet(protocol: number, client: string): void;
  /** From now on the connection is a stream of packets; bytes that came behind the request are the first. */
  becomeStream(receiver: PacketReceiver): void;
  /** Sends a notification: an `event` unless `method` says otherwise. */
  notify(params: ShellEvent | ScreenFrame | RunOutput, method?: "event" | "screen" | "run.output"): void;
  /** Runs `callback` when the connection has ended; at once when it has. */
  onClose(callback: () => void): void;
}

/** One call of a method. */
export interface Call {
  readonly connection: Connection;
  /** Runs `callback` in the turn in which the answer was written; not at all when the call fails. */
  afterAnswer(callback: () => void): void;
}
