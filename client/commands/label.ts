// `agentd label`: sets, removes and prints the labels of a shell.
import { AgentdError } from "../../shared/errors.js";
import { checkShellName, printable } from "../../shared/names.js";
import type { Command } from "../command.js";
import { withSuggestion } from "../shell-names.js";

export const label: Command = {
  name: "label",
  usage: "NAME [KEY=VALUE | KEY= | KEY-]...",
  summary: "set labels of a shell, remove them (KEY= or KEY-), or print them",
  flags: {
    json: { type: "boolean", help: "as JSON" },
    target: { type: "string", short: "t", value: "NAME" },
  },
  async run(line, context) {
    const target = line.value("target");
    const [name, ...words] = target === undefined ? line.words : [target, ...line.words];
    if (name === undefined)
      throw new AgentdError("usage", "label needs a name · agentd label NAME KEY=VALUE");
    checkShellName(name);
    const changes = parseLabelChanges(words);
    const connection = await context.connect();
    const { labels } = await withSuggestion(connection, name, async () =>
      words.length > 0
        ? connection.call("shell.label", { name, labels: changes })
        : (await connection.call("shell.info", { name })).shell,
    );
    connection.close();
    if (line.has("json")) context.print(JSON.stringify({ v: 1, name, labels }));
    else if (words.length === 0) {
      for (const [key, value] of Object.entries(labels)) context.print(printable(`${key}=${value}`, 400));
    }
    return 0;
  },
};

/**
 * `k=v` sets, `k=` and `k-` remove; the last word about a key counts.
 * @throws AgentdError `usage`.
 */
export function parseLabelChanges(words: readonly string[]): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      if (at > 0) return [word.slice(0, at), word.slice(at + 1) || null] as const;
      if (at === -1 && word.length > 1 && word.endsWith("-")) return [word.slice(0, -1), null] as const;
      throw new AgentdError(
        "usage",
        `bad label '${printable(word)}' · write KEY=VALUE, or KEY- to remove it`,
      );
    }),
  );
}
