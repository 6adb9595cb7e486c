// What is said about the daemon itself: its config file, its program, its log, and what the doctor finds.

import type { WebState } from "./web-rpc.js";

/** A mistake in the config file. */
export interface ConfigProblem {
  /** From 1; absent when it is about the whole file. */
  readonly line?: number;
  /** Dotted, such as `targets.dev.runtime`. */
  readonly key?: string;
  /** A sentence in lower case. */
  readonly message: string;
  /** What belongs there. */
  readonly expected: string;
}

export interface ConfigState {
  readonly path: string;
  /** ISO 8601: when the config in use was read. */
  readonly loadedAt: string;
  /** Of the file as it is now: when there are any, the config from before is in use. */
  readonly problems: readonly ConfigProblem[];
  /** Why changes of the file are not noticed (an error code); absent when they are. */
  readonly watchFailure?: string;
}

/** Something that is wrong, or soon will be. */
export interface Finding {
  /** Stable, such as `clock-skew`. */
  readonly id: string;
  readonly severity: "info" | "warning" | "error";
  readonly what: string;
  /** One command to copy, or one sentence. */
  readonly fix: string;
  /** Of an error: the exit status of its class. */
  readonly exit?: number;
}

/** The daemon's own program, to tell whether it was replaced since the daemon started. */
export interface ProgramFile {
  readonly path: string;
  /** Modification time at the daemon's start, whole milliseconds. */
  readonly modified: number;
}

/** From most to least; pino's names. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Present while the state file is behind what the daemon holds in memory: a crash would undo what changed since. */
export interface UnsavedState {
  /** ISO 8601. */
  readonly stateUnsavedSince?: string;
  /** In words, with the way out. */
  readonly stateUnsavedReason?: string;
}

export interface DaemonStatus extends UnsavedState, WebState {
  readonly v: 1;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  readonly socket: string;
  readonly shells: number;
  readonly clients: number;
  /** Resident memory of the daemon process, bytes. */
  readonly memory: number;
  /** How often the daemon served nobody for more than 200 ms, since its start. */
  readonly stalls: number;
  /** These are absent in older daemons. */
  readonly config?: ConfigState;
  readonly program?: ProgramFile;
  /** The service manager holds the socket, and starts the daemon when a client comes. */
  readonly socketActivated?: true;
}
