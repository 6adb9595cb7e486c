// What an attached client is made of: its role, where its frames go, and what it asks of its shell.
import type { Size } from "../../../shared/size.js";
import type { DrawingView } from "../../terminal/drawing/drawing-view.js";
import type { Resumption } from "../output/output-log.js";
import type { AttachedClient } from "./attached-client.js";
import type { ClientRole } from "./client-role.js";

/** Where a client's frames go; implemented by the server's peer. */
export interface ClientSink {
  /** Never waits; the frame is not changed afterwards. */
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

/** What a client asks of its shell. */
export interface ClientHost {
  /** Frames that draw the shell as it is at the moment of this call, later; everything sent after the call is not in them. */
  drawing(view: DrawingView | undefined): Promise<readonly Uint8Array[]>;
  /** The unfinished sequence at the end of the output, as of now. */
  tail(): Uint8Array;
  /** Absolute offset of the end of the output, as of now. */
  offset(): number;
  /** Milliseconds that never jump. */
  monotonic(): number;
  input(client: AttachedClient, bytes: Uint8Array): void;
  lead(client: AttachedClient): void;
  /** Its terminal has this size. */
  measured(client: AttachedClient, size: Size): void;
  /** It is to be drawn anew; what it said of its size before counts for that. */
  settleSize(client: AttachedClient): void;
  /** So many bytes wait for a client that wants every one. */
  backlog(client: AttachedClient, bytes: number): void;
  left(client: AttachedClient): void;
}

export interface ClientOptions extends ClientRole {
  readonly sink: ClientSink;
  readonly host: ClientHost;
  /** Its arrival: in order, and in wall clock milliseconds. */
  readonly attached: number;
  readonly since: number;
  /** Begin with this output instead of a drawing: what came since the client was last attached. */
  readonly resume?: Resumption;
}
