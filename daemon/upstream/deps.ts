// What an upstream needs of the world: handed in, so that the same logic runs under a virtual clock and a scripted network.
import type { Clock } from "./clock.js";
import type { Sign } from "./sign.js";
import type { OpenSocket } from "./socket.js";

/** pino's shape. Messages are fixed phrases; fields never hold payloads, headers or credentials. */
export interface UpstreamLog {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface UpstreamDeps {
  readonly clock: Clock;
  /** 0..1 */
  readonly random: () => number;
  readonly openSocket: OpenSocket;
  readonly sign: Sign;
  /** Where the local runtime listens. */
  readonly localSocketPath: string;
  /** Age at which a server of AgentCore's kind cuts a connection; absent: the service's 60 minutes. */
  readonly connectionTtlMs?: number;
  readonly log: UpstreamLog;
}
