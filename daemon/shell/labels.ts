// The labels of a shell: changes are all made, or none.
import { AgentdError } from "../../shared/errors.js";

/** Key → value; null removes the label. Keys and values have been checked where they came in. */
export type LabelChanges = Readonly<Record<string, string | null>>;

/** Our bound: labels are in every list of shells and in every event. */
export const MAX_LABELS = 64;

/** Changes `labels` in place; returns a copy. @throws AgentdError `invalid_params`: there would be too many; nothing is changed then. */
export function applyLabels(labels: Record<string, string>, changes: LabelChanges): Record<string, string> {
  const after = Object.fromEntries(
    Object.entries({ ...labels, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  if (Object.keys(after).length > MAX_LABELS) {
    throw new AgentdError("invalid_params", `labels must have at most ${MAX_LABELS} entries`);
  }
  for (const key of Object.keys(labels)) if (!Object.hasOwn(after, key)) delete labels[key];
  Object.assign(labels, after);
  return after;
}
