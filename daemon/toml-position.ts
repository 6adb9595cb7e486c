// Where a key stands in a TOML text: the parser's values do not remember it, and a message without a line is half a message.

/**
 * The line (from 1) that sets `key`, or else the line of the nearest table around it; undefined when neither is written in
 * the usual way. Only for messages: it reads headers and keys, not the whole grammar.
 */
export function lineOfKey(text: string, key: readonly string[]): number | undefined {
  const lines = new Map<string, number>();
  let table: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const header = /^\s*\[{1,2}([^[\]]+)\]{1,2}\s*(?:#.*)?$/.exec(line)?.[1];
    const assignment = header === undefined ? /^\s*([^#=]+?)\s*=/.exec(line)?.[1] : undefined;
    if (header !== undefined) table = partsOf(header);
    const path =
      header !== undefined ? table : assignment !== undefined ? [...table, ...partsOf(assignment)] : [];
    // A deeper header or a dotted key sets its tables too; the first one to do so is where a reader looks.
    for (let length = 1; length <= path.length; length++) {
      const prefix = JSON.stringify(path.slice(0, length));
      if (!lines.has(prefix)) lines.set(prefix, index + 1);
    }
  }
  for (let length = key.length; length > 0; length--) {
    const line = lines.get(JSON.stringify(key.slice(0, length)));
    if (line !== undefined) return line;
  }
  return undefined;
}

function partsOf(dotted: string): string[] {
  const parts = dotted.match(/"[^"]*"|'[^']*'|[^.\s]+/g) ?? [];
  return parts.map((part) => part.replace(/^(["'])(.*)\1$/, "$2"));
}
