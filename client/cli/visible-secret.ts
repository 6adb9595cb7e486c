// What is said to whoever wrote a secret where every user of the machine can read it.
import type { Context } from "./context.js";

/** Where tokens may be given without a file, and without being seen by other users. */
export const TOKEN_VARIABLE = "AGENTD_BEARER_TOKEN";

/** @param where it was written on the command line */
export function warnOfSecret(
  where: string,
  better: string,
  { complain, quiet }: Pick<Context, "complain" | "quiet">,
): void {
  if (quiet) return;
  complain(`other users of this machine can see ${where} in the list of processes · better: ${better}`);
}
