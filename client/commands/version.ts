// `agentd version`.
import type { Command } from "../command.js";
import { readVersion } from "../version.js";

export const version: Command = {
  name: "version",
  usage: "",
  summary: "print the version",
  async run(_line, context) {
    context.print(`agentd ${readVersion()}`);
    return 0;
  },
};
