// Durations as people write them: `90s`, `15m`, `2h`, and a bare number for seconds.
import { AgentdError } from "../shared/errors.js";
import { printable } from "../shared/names.js";

const UNIT_MS: Readonly<Record<string, number>> = {
  "": 1_000,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds. @param flag for the message. @throws AgentdError `usage`. */
export function parseDuration(text: string, flag: string): number {
  const [, count, unit = ""] = /^(\d{1,7}(?:\.\d{1,3})?)([smhd]?)$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (Number.isNaN(ms))
    throw new AgentdError(
      "usage",
      `bad ${flag} '${printable(text, 40)}' · write a time such as 90s, 15m or 2h`,
    );
  return Math.round(ms);
}
