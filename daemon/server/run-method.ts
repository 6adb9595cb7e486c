// `shell.run` over a connection: its output as notifications, then the answer; whoever leaves, or has waited long enough, lets go.
import type { RunParams, RunResult } from "../../shared/run.js";
import type { RunAbort } from "../shell/run/run-abort.js";
import type { RunSink } from "../shell/run/shell-run.js";
import type { Connection } from "./connection.js";
import { OutputSink, whenClosed } from "./run-sink.js";

/** Runs a command in a shell. */
export type RunInShell = (params: RunParams, sink: RunSink, signal: AbortSignal) => Promise<RunResult>;

/** @throws AgentdError as `Runs.run`, and `shell_not_found`. */
export async function runOver(
  connection: Connection,
  params: RunParams,
  run: RunInShell,
): Promise<RunResult> {
  const abort = new AbortController();
  const letGo = (reason: RunAbort) => abort.abort(reason);
  const stay = whenClosed(connection, () => letGo("gone"));
  const { timeoutMs } = params;
  const timer = timeoutMs === undefined ? undefined : setTimeout(letGo, timeoutMs, "timeout");
  const sink = new OutputSink(connection, params.name);
  try {
    return await run(params, sink, abort.signal);
  } finally {
    clearTimeout(timer);
    stay();
    sink.dispose();
  }
}
