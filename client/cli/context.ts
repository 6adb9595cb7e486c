// What a command may touch of the world: arguments, environment, streams, and the daemon when it asks for it.
import type { Asked } from "../daemon/daemon-access.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";

/** Where text goes. `isTTY` is what Node says of the stream. */
export interface TextSink {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface ConnectOptions {
  /** False: no daemon is an error, and none is started. Default true. */
  readonly start?: boolean;
  /** Accept a daemon of another protocol version: enough for `daemon.status` and `daemon.stop`. */
  readonly anyVersion?: boolean;
}

export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Whether dim text may be used. */
  readonly color: boolean;
  readonly quiet: boolean;
  /** Results, to stdout, with a final newline. */
  print(text: string): void;
  /** One dim line on stderr; nothing with `-q` or when stderr is no terminal. */
  say(text: string): void;
  /** One error line on stderr. */
  complain(text: string): void;
  /**
   * A new connection to the daemon, after `hello`.
   * @throws AgentdError `daemon_unavailable`, `unsafe_directory`, `path_too_long`, `protocol_mismatch`.
   */
  connect(options?: ConnectOptions): Promise<DaemonConnection>;
  /** The same with a call that travels with the greeting; perhaps twice, see `askDaemon`. */
  ask<T>(first: (connection: DaemonConnection) => Promise<T>): Promise<Asked<T>>;
}
