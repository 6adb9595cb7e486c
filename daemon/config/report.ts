// What `agentd config` shows: the file's mistakes, and the values that count, spelled as in the file.
import type { Inspection } from "./config.js";
import { DEFAULT_CONFIG, inspectConfig } from "./config.js";

/** Plain JSON; `values` holds every key, also those that nobody wrote. */
export function reportConfig(path: string): object {
  const { exists, config, problems, warnings } = inspectConfig(path);
  return {
    v: 1,
    path,
    exists,
    problems,
    warnings,
    values: problems.length === 0 ? valuesOf(config) : valuesOf(DEFAULT_CONFIG),
  };
}

function valuesOf(config: Inspection["config"]): object {
  const { targets, prefix, ...simple } = config;
  const spelled = (table: object) =>
    Object.fromEntries(
      Object.entries(table).map(([key, value]) =>
        key.endsWith("Ms") ? [snakeCase(key.slice(0, -2)), durationText(value)] : [snakeCase(key), value],
      ),
    );
  return {
    ...spelled(simple),
    // The preset has a spelling of its own.
    keys: prefix === "agentcore" ? prefix : { prefix },
    targets: Object.fromEntries([...targets].map(([name, target]) => [name, spelled(target)])),
  };
}

/** In the largest unit that says it exactly. */
function durationText(ms: number): string {
  if (ms === 0) return "never";
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1000}s`;
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
