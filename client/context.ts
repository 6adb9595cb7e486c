// What a command may touch of the world: arguments, environment, streams, and the daemon when it asks for it.
import type { DaemonConnection } from "./daemon-connection.js";

/** Where text goes. `isTTY` is what Node says of the stream. */
export interface TextSink {
  readonly isTTY?: boolean;
  write(text: string): unknown;
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
   * A new connection to the daemon, after `hello`; starts the daemon when there is none, unless `start` is false.
   * @throws AgentdError `daemon_unavailable`, `unsafe_directory`, `path_too_long`, `protocol_mismatch`.
   */
  connect(options?: { start?: boolean }): Promise<DaemonConnection>;
}
