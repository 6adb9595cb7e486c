// `agentd version`.

import { VERSION } from "../../shared/host/version.js";
import type { Command } from "../cli/command.js";
import { atMostWords } from "../cli/command-line.js";
import { jsonText } from "../text/format.js";

export const version: Command = {
  name: "version",
  usage: "[--json]",
  summary: "print the version",
  flags: { json: { type: "boolean", help: "as JSON" } },
  async run(line, context) {
    atMostWords(line, 0);
    context.print(line.has("json") ? jsonText({ v: 1, version: VERSION }) : `agentd ${VERSION}`);
    return 0;
  },
};
