// `agentd label`: sets, removes and prints the labels of a shell.
import { AgentdError } from "../../shared/errors.js";
import { checkShellName, printable } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import { parseLabelChanges } from "../cli/label-words.js";
import { withSuggestion } from "../shell-names.js";
import { jsonText } from "../text/format.js";

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
    if (line.has("json")) context.print(jsonText({ v: 1, name, labels }));
    else if (words.length === 0) {
      if (Object.keys(labels).length === 0)
        context.say(`${name} has no labels · agentd label ${name} KEY=VALUE`);
      for (const [key, value] of Object.entries(labels)) context.print(printable(`${key}=${value}`, 400));
    }
    return 0;
  },
};
