// Durations and amounts of bytes, as people write them on a command line.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
/** What timers take. */
const MAX_MS = 2 ** 31 - 1;

/** `90`, `90s`, `1.5h`, `250ms` → milliseconds; a bare number is seconds. @throws AgentdError `usage`. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
  const ms = Math.round(Number(match?.[1]) * (MS[match?.[2] ?? "s"] ?? 1));
  if (match !== null && ms > 0 && ms <= MAX_MS) return ms;
  throw new AgentdError("usage", `bad duration '${printable(text)}' · write 30, 90s, 15m or 2h`);
}

/** `1000`, `64K`, `10M`, `10MiB` → bytes. @throws AgentdError `usage`. */
export function parseBytes(text: string): number {
  const match = /^(\d+)([KMG]?)(?:i?B)?$/i.exec(text);
  const bytes = Number(match?.[1]) * (BYTES[match?.[2]?.toUpperCase() ?? ""] ?? 1);
  if (match !== null && Number.isSafeInteger(bytes)) return bytes;
  throw new AgentdError("usage", `bad size '${printable(text)}' · write 4096, 64K or 10M`);
}
