// Labels as they are written on the command line: `k=v` sets, `k=` and `k-` remove.
import { AgentdError } from "../../shared/errors.js";
import { isLabelKey, MAX_LABEL_VALUE, printable } from "../../shared/names.js";

/** Reads `--label k=v` flags. @throws AgentdError `usage`. */
export function parseLabels(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(texts.map((text) => pairOf(text) ?? bad(text, "write KEY=VALUE")));
}

/**
 * The changes that words ask for; the last word about a key counts.
 * @throws AgentdError `usage`.
 */
export function parseLabelChanges(words: readonly string[]): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    words.map((word) => {
      const [key, value] =
        pairOf(word.replace(/^([^=]+)-$/, "$1=")) ?? bad(word, "write KEY=VALUE, or KEY- to remove it");
      return [key, value === "" ? null : value] as const;
    }),
  );
}

function pairOf(text: string): readonly [key: string, value: string] | undefined {
  const at = text.indexOf("=");
  if (at < 1) return undefined;
  const [key, value] = [text.slice(0, at), text.slice(at + 1)];
  if (!isLabelKey(key)) bad(text, "a KEY has at most 63 of A-Z a-z 0-9 . _ / -");
  if (value.length > MAX_LABEL_VALUE) bad(text, `a VALUE has at most ${MAX_LABEL_VALUE} characters`);
  return [key, value];
}

function bad(text: string, rule: string): never {
  throw new AgentdError("usage", `bad label '${printable(text, 60)}' · ${rule}`);
}
