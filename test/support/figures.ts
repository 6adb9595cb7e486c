// The figures of docs/reliability.md: how much of an experiment runs, and where its result goes.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** `npm run figures` runs everything and writes it down; a plain test run takes the small, fixed share. */
export const isFullRun = process.env["AGENTD_FIGURES"] === "full";

const directory = join(import.meta.dirname, "..", "..", ".figures");

/** How often to repeat an experiment: `full` for the published figures, `ci` in a plain test run. AGENTD_FIGURES_SHARE scales `full`. */
export function repetitions(counts: { readonly ci: number; readonly full: number }): number {
  if (!isFullRun) return counts.ci;
  const share = Number(process.env["AGENTD_FIGURES_SHARE"] ?? 1);
  return Math.max(counts.ci, Math.round(counts.full * share));
}

/** First seed of an experiment; AGENTD_SEED repeats a failure that named its seed. */
export function firstSeed(usual = 1): number {
  return Number(process.env["AGENTD_SEED"] ?? usual);
}

/** One section of docs/reliability.md. */
export interface Figures {
  /** File name and order in the page: lower case words with dashes, starting with two digits. */
  readonly id: string;
  readonly title: string;
  /** What is claimed, in one sentence. */
  readonly contract: string;
  /** How it is measured: the rig, the faults, the oracle. */
  readonly method: string;
  /** The command that repeats it. */
  readonly command: string;
  readonly seeds?: readonly [first: number, last: number];
  /** Measure and value. */
  readonly rows: readonly (readonly [measure: string, value: string])[];
}

/** Writes a section; does nothing in a plain test run. */
export function recordFigures(figures: Figures): void {
  if (!isFullRun) return;
  mkdirSync(directory, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(join(directory, `${figures.id}.json`), `${JSON.stringify({ ...figures, date }, null, 2)}\n`);
}

/** The p-th percentile (0..100) of `values`, by nearest rank. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** `p50 / p95 / p99` in milliseconds, as text. */
export function percentilesText(values: readonly number[]): string {
  return [50, 95, 99].map((p) => `${Math.round(percentile(values, p))} ms`).join(" / ");
}
