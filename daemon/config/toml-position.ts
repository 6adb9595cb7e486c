// Where a key stands in a TOML text: the parser's values do not remember it, and a message without a line is half a message.

/** Only for messages: it reads headers and keys, not the whole grammar. The text is read once, in time that grows with its length. */
export class KeyLines {
  readonly #lines = new Map<string, number>();

  constructor(text: string) {
    let table: string[] = [];
    for (const [index, line] of text.split("\n").entries()) {
      const header = /^\s*\[{1,2}([^[\]]+)\]{1,2}\s*(?:#.*)?$/.exec(line)?.[1];
      const assignment = header === undefined ? /^[^#=]+(?==)/.exec(line)?.[0] : undefined;
      if (header !== undefined) table = partsOf(header);
      const path =
        header !== undefined ? table : assignment !== undefined ? [...table, ...partsOf(assignment)] : [];
      // A deeper header or a dotted key sets its tables too; the first one to do so is where a reader looks.
      for (let length = 1; length <= path.length; length++) {
        const prefix = JSON.stringify(path.slice(0, length));
        if (!this.#lines.has(prefix)) this.#lines.set(prefix, index + 1);
      }
    }
  }

  /** The line (from 1) that sets `key`, or else that of the nearest table around it; undefined when neither is written in the usual way. */
  lineOf(key: readonly string[]): number | undefined {
    for (let length = key.length; length > 0; length--) {
      const line = this.#lines.get(JSON.stringify(key.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  }
}

/** Our bound: nothing that we know is nested as deep as this, and each part is looked at with all before it. */
const MAX_PARTS = 8;

function partsOf(dotted: string): string[] {
  const parts = dotted.match(/"[^"]*"|'[^']*'|[^.\s]+/g) ?? [];
  return parts.slice(0, MAX_PARTS).map((part) => part.replace(/^(["'])(.*)\1$/, "$2"));
}
