// `agentd rename`: gives a shell another name.
import { AgentdError } from "../../shared/errors.js";
import { checkShellName } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import { withSuggestion } from "../shell-names.js";
import { jsonText } from "../text/format.js";

export const rename: Command = {
  name: "rename",
  aliases: ["rename-session"],
  usage: "OLD NEW",
  summary: "give a shell another name",
  flags: {
    json: { type: "boolean", help: "as JSON" },
    target: { type: "string", short: "t", value: "NAME" },
  },
  async run(line, context) {
    const target = line.value("target");
    const words = target === undefined ? line.words : [target, ...line.words];
    const [name, to] = words.map(checkShellName);
    if (name === undefined || to === undefined || words.length > 2) {
      throw new AgentdError("usage", "rename needs two names · agentd rename OLD NEW");
    }
    const connection = await context.connect();
    await withSuggestion(connection, name, () => connection.call("shell.rename", { name, to }));
    connection.close();
    if (line.has("json")) context.print(jsonText({ v: 1, from: name, name: to }));
    else context.say(`${name} is now ${to}`);
    return 0;
  },
};
