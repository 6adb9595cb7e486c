// The part of the local socket's contract that concerns AgentCore alone: one-shot commands, ending a microVM, tokens, lifetimes.
import type { TargetRequest } from "./target-request.js";

export type CloudTarget = Extract<TargetRequest, { kind: "agentcore" }>;

/** From the service: so many shells a runtime has, in all its microVMs. */
export const SHELLS_PER_RUNTIME = 10;

/** Until when what a shell runs on lives, as far as is known. Times are ISO 8601. */
export interface Lifetime {
  /** The service cuts the present connection then; agentd renews it before. */
  readonly connectionEndsAt?: string;
  /** Nobody is connected: by the service's default of 15 minutes without traffic the microVM ends then. While connected, keepalive holds it. */
  readonly vmIdleEndsAt?: string;
  /** By the service's default of 8 hours the microVM ends at the latest then; absent when its age is not known. */
  readonly vmEndsAt?: string;
}

/** Shells of agentd's on the same runtime, and how many the service allows in all. */
export interface Slots {
  readonly used: number;
  readonly limit: number;
}

/** The last frame of `exec.run`'s stream, a STATUS. `TIMED_OUT`: the service ended the command at its timeout. */
export type ExecEnd =
  | { readonly exitCode: number; readonly status: "COMPLETED" | "TIMED_OUT" }
  | { readonly error: { readonly code: string; readonly message: string } };

export interface CloudMethods {
  /**
   * Runs one command in a runtime session. After the answer the connection is a stream of packets: STDOUT and STDERR with
   * the command's output, then one STATUS (`ExecEnd`), and the end. Ending the connection gives the command up.
   */
  "exec.run": {
    params: {
      /** Without `runtimeSessionId`: a fresh session. */
      readonly target: CloudTarget;
      readonly command: string;
      /** 1..3600; absent: the service's 300. */
      readonly timeoutSeconds?: number;
      /** Streams that are shown on a terminal: only harmless escape sequences of them pass. */
      readonly safeStdout?: boolean;
      readonly safeStderr?: boolean;
    };
    result: { readonly runtimeSessionId: string };
  };
  /** Ends the runtime session of a shell, or the one that `target` names; every shell of ours in it is gone afterwards. */
  "session.stop": {
    params: { readonly name: string } | { readonly target: CloudTarget };
    result: { readonly runtimeSessionId: string; readonly shells: readonly string[] };
  };
  /** Gives the bearer token of a shell again, which is kept in memory only. */
  "shell.token": {
    params: { readonly name: string; readonly bearerToken: string };
    result: Readonly<Record<string, never>>;
  };
}
