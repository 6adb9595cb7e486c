// How findings are made, and what the worst of them means for the exit status.
import type { Finding } from "../../shared/daemon-care.js";
import { AgentdError, ExitStatus } from "../../shared/errors.js";

/** What is shown to the examiners: nothing of the world is read behind their back. */
export interface Patient {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

export function info(id: string, what: string, fix: string): Finding {
  return { id, severity: "info", what, fix };
}

export function warning(id: string, what: string, fix: string): Finding {
  return { id, severity: "warning", what, fix };
}

/** @param exit of its class: 69 unavailable, 75 try later, 77 permission, 78 unsafe directory or config */
export function fault(id: string, exit: number, what: string, fix: string): Finding {
  return { id, severity: "error", what, fix, exit };
}

/** An error that somebody threw, as a finding: its message is "what · fix" already. */
export function faultOf(id: string, thrown: unknown, fix = "agentd logs -n 20"): Finding {
  const error = AgentdError.from(thrown);
  const [what = "", ...rest] = error.message.split(" · ");
  return fault(id, error.exitStatus, what, rest.join(" · ").replace(/^run: /, "") || fix);
}

const RANK = { error: 0, warning: 1, info: 2 } as const;

/** Worst first; otherwise as they came. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
}

/** 0: nothing that needs anybody; 1: warnings; else the exit status of the first error. */
export function exitStatus(findings: readonly Finding[]): number {
  const [worst] = inOrder(findings);
  if (worst === undefined || worst.severity === "info") return ExitStatus.Ok;
  return worst.severity === "warning" ? ExitStatus.No : (worst.exit ?? ExitStatus.Unavailable);
}
