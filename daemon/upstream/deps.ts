// What an upstream needs of the world: handed in, so that the same logic runs under a virtual clock and a scripted network.
import type { Admission } from "./admission.js";
import type { Clock } from "./clock.js";
import type { ReplayKnowledge } from "./replay/replay-knowledge.js";
import type { Sign } from "./service/sign.js";
import type { OpenSocket } from "./socket.js";
import type { AgentCoreTarget } from "./target.js";

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
  /** Shared by all shells; absent: every upgrade starts at once. */
  readonly admission?: Admission;
  /** Shared by all shells; absent: each upstream learns for itself. */
  readonly replayKnowledge?: ReplayKnowledge;
  /** Calls back once when the person may have logged in again; returns how to stop watching. Absent: only time tells. */
  readonly watchCredentials?: (target: AgentCoreTarget, onChange: () => void) => () => void;
}
