// Waiting for a state that only another process can reach: ask again until it holds, with a deadline that fails loudly.
import { setTimeout as delay } from "node:timers/promises";

/** Returns the first value of `probe` that is not undefined, null or false; throws after `timeoutMs` with what was last seen. */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  timeoutMs = 15_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== null && value !== false)
      return value as NonNullable<Exclude<T, false>>;
    if (performance.now() > deadline) throw new Error(`did not happen within ${timeoutMs} ms: ${what}`);
    await delay(25);
  }
}
