// Durations on the command line: `500ms`, `2s`, `90s`, `15m`, `2h`; a bare number is seconds.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { CommandLine } from "./command-line.js";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  "": 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** Node's timers end here ... */
const MAX_MS = 2 ** 31 - 1;
/** ... which is a little more than this. */
const MAX_TEXT = "24.8d";

/** The flag's value in milliseconds; undefined when it was not given. @throws AgentdError `usage`. */
export function durationFrom(line: CommandLine, flag: string): number | undefined {
  const text = line.value(flag);
  if (text === undefined) return undefined;
  const [, count = "", unit = ""] = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h|d|)$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (count !== "" && ms <= MAX_MS) return ms;
  if (ms > MAX_MS)
    throw new AgentdError(
      "usage",
      `'${printable(text, 30)}' for --${flag} is too long · at most ${MAX_TEXT}`,
    );
  throw new AgentdError(
    "usage",
    `bad duration '${printable(text, 30)}' for --${flag} · write 500ms, 30s, 15m or 2h`,
  );
}
