// The lines that match a pattern, with those around them, in groups that hang together.

export interface ShownLine {
  /** Index of the line. */
  readonly at: number;
  /** False: it is shown for the sake of a neighbour. */
  readonly isMatch: boolean;
}

export function matchesIn(lines: readonly string[], pattern: RegExp, around: number): ShownLine[][] {
  const groups: ShownLine[][] = [];
  /** First line that has not been shown. */
  let next = 0;
  for (const [index, line] of lines.entries()) {
    if (!pattern.test(line)) continue;
    const from = Math.max(next, index - around);
    const until = Math.min(lines.length - 1, index + around);
    const last = groups.at(-1);
    const group = last !== undefined && from <= next ? last : [];
    if (group !== last) groups.push(group);
    const known = group.find(({ at }) => at === index);
    if (known !== undefined) group[group.indexOf(known)] = { at: index, isMatch: true };
    for (let at = Math.max(from, next); at <= until; at++) group.push({ at, isMatch: at === index });
    next = Math.max(next, until + 1);
  }
  return groups;
}
