// What is said on a terminal to whoever waits for a text without a limit: it may have come and gone.
import { printable } from "../../shared/names.js";
import { quoteWord } from "../../shared/shell-quote.js";
import type { Context } from "../cli/context.js";
import type { Condition } from "./wait-for.js";

/** Most texts come sooner. */
const HINT_AFTER_MS = 4000;

/** Says it once, on a terminal only: a script has no use for it. Returns how to keep it from being said. */
export function hintLater(
  { say, stdout }: Pick<Context, "say" | "stdout">,
  name: string,
  condition: Condition,
): () => void {
  if (condition.kind !== "text" || stdout.isTTY !== true) return () => {};
  const { pattern, onlyNew } = condition;
  const before = onlyNew ? "what was printed before" : "what had scrolled off before";
  const timer = setTimeout(() => {
    const text = printable(pattern.source, 200);
    const search = `agentd grep ${pattern.ignoreCase ? "-i " : ""}${quoteWord(text)} ${name}`;
    say(`waiting for '${text}' · ${before} does not count: ${search} · Ctrl-C leaves`);
  }, HINT_AFTER_MS);
  return () => clearTimeout(timer);
}
