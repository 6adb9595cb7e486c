// A run that is not waited for any longer, and what is said of one that never began.
import type { RunResult } from "../../../shared/run.js";

/** Why a run is not waited for any longer. */
export type RunAbort = "timeout" | "gone";

export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

export function notStarted(): RunResult {
  return { started: false, durationMs: 0, outputBytes: 0, timedOut: true };
}
