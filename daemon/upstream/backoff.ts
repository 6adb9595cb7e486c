// How long to wait before the next attempt. Figures: the official clients' (1 to 15 s, ±25 %, 15 minutes), without their cap on attempts.

/** Our choice: short enough that nobody sees it, long enough that ten shells do not start in the same millisecond. */
const FIRST_TRY_MS = 200;

const STEPS_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const LAST_STEP_MS = 15_000;

/** After this long without success the shell may be gone: ask seldom, but go on asking. */
const PATIENCE_MS = 15 * 60_000;
const SELDOM_MS = 30_000;

const JITTER = 0.25;

/** `delayMs` with ±25 % jitter; `random` is in 0..1. */
export function jittered(delayMs: number, random: number): number {
  return delayMs * (1 - JITTER + 2 * JITTER * random);
}

/** From the protocol: a conflict is over after a second. One that lasts is asked about less and less often. */
const BRIEF_STEPS = [
  { untilMs: 10_000, waitMs: 1_000 },
  { untilMs: 60_000, waitMs: 4_000 },
  { untilMs: PATIENCE_MS, waitMs: LAST_STEP_MS },
] as const;

/** Milliseconds to wait after a conflict that has lasted for `sinceLossMs`. @param random in 0..1 */
export function briefMs(sinceLossMs: number, random: number): number {
  const step = BRIEF_STEPS.find(({ untilMs }) => sinceLossMs < untilMs);
  return jittered(step?.waitMs ?? SELDOM_MS, random);
}

/**
 * Milliseconds to wait before attempt number `attempt` (from 1) since the link was lost `sinceLossMs` ago.
 * @param random in 0..1
 */
export function backoffMs(attempt: number, sinceLossMs: number, random: number): number {
  if (sinceLossMs >= PATIENCE_MS) return jittered(SELDOM_MS, random);
  if (attempt <= 1) return FIRST_TRY_MS * random;
  return jittered(STEPS_MS[attempt - 2] ?? LAST_STEP_MS, random);
}
