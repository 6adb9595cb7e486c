// Tells the program that started this attach how it ended: the TUI says it in its own words, on its own screen.
import { writeSync } from "node:fs";
import type { AttachEnd } from "./notice-text.js";

/** The number of the descriptor that the report goes to. */
export const REPORT_VARIABLE = "AGENTD_ATTACH_REPORT_FD";

export type EndReport = Pick<AttachEnd, "status" | "line" | "next">;

/** False when nobody has asked for it. */
export function reportEnd(env: Readonly<Record<string, string | undefined>>, end: EndReport): boolean {
  const descriptor = Number(env[REPORT_VARIABLE]);
  if (!Number.isInteger(descriptor) || descriptor < 3) return false;
  const { line, next, status } = end;
  try {
    writeSync(descriptor, `${JSON.stringify({ status, line, ...(next === undefined ? {} : { next }) })}\n`);
    return true;
  } catch {
    // Whoever asked is gone.
    return false;
  }
}

/** The first report in what came over the descriptor. */
export function readReport(text: string): EndReport | undefined {
  try {
    const value = JSON.parse(text.trim().split("\n")[0] ?? "") as Partial<EndReport> | null;
    if (typeof value?.status !== "number" || typeof value.line !== "string") return undefined;
    const { line, status } = value;
    return { status, line, ...(value.next === "switch" ? { next: "switch" } : {}) };
  } catch {
    return undefined;
  }
}
