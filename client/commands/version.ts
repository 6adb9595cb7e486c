// `agentd version`.
import type { Command } from "../command.js";
import { readVersion } from "../version.js";

export const version: Command = {
  name: "version",
  usage: "[--json]",
  summary: "print the version",
  flags: { json: { type: "boolean", help: "as JSON" } },
  async run(line, context) {
    const version = readVersion();
    context.print(line.has("json") ? JSON.stringify({ v: 1, version }) : `agentd ${version}`);
    return 0;
  },
};
