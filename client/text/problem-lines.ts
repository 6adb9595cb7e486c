// The mistakes of a config file as lines.
import type { ConfigProblem } from "../../shared/daemon-care.js";
import { printable } from "../../shared/names.js";

/** One line for each problem, in the form that editors can jump to. */
export function problemLines(
  path: string,
  problems: readonly ConfigProblem[],
  severity?: "warning",
): readonly string[] {
  const word = severity === undefined ? "" : `${severity}: `;
  return problems.map(({ line, message }) =>
    printable(`${path}${line === undefined ? "" : `:${line}`}: ${word}${message}`, 500),
  );
}
