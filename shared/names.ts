// Names and ids: what is allowed, and the suggestion for a name that was mistyped.
import { AgentdError } from "./errors.js";

const SHELL_NAME = /^(?!-)(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/;

/** cli.md: `[A-Za-z0-9._-]{1,64}`, not `.` or `..`, not starting with `-`. */
export function isShellName(name: string): boolean {
  return SHELL_NAME.test(name);
}

/** @throws AgentdError `bad_name`, with the rule in words. */
export function checkShellName(name: string): string {
  if (isShellName(name)) return name;
  throw new AgentdError(
    "bad_name",
    `bad name '${printable(name)}' · use 1 to 64 of A-Z a-z 0-9 . _ - and do not start with -`,
  );
}

export function isLabelKey(key: string): boolean {
  return /^[A-Za-z0-9._/-]{1,63}$/.test(key) && key !== "__proto__";
}

/** @throws AgentdError `usage`, with the rule in words. */
export function checkLabelKey(key: string): string {
  if (isLabelKey(key)) return key;
  throw new AgentdError("usage", `bad label key '${printable(key)}' · use 1 to 63 of A-Z a-z 0-9 . _ / -`);
}

/** From the protocol: the strict client-side rule, which every published client and the service accept. */
export function isShellId(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(id);
}

/** From the protocol: 33..256 characters; we send only characters that are safe in a header and a query. */
export function isRuntimeSessionId(id: string): boolean {
  return /^[A-Za-z0-9._-]{33,256}$/.test(id);
}

/** The name in `names` that `wanted` was probably meant to be: an edit for every three characters, two at most. */
export function suggestName(wanted: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(2, Math.floor(wanted.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(wanted.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** Control characters become visible, and the text is cut at `max` characters: nothing foreign reaches a terminal or a log raw. */
export function printable(text: string, max = 200): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  // C0, DEL, C1, the line separators and the bidirectional overrides.
  return cut.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? `^${String.fromCharCode(code + 64)}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** Optimal string alignment distance: insert, delete, replace, or swap two neighbours. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const replace = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replace, swap));
    }
  }
  return at(a.length, b.length);
}
