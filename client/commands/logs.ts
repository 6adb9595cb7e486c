// `agentd logs`: the daemon's log for people, or what the local runtime said.
import { LOG_LEVELS } from "../../shared/daemon-care.js";
import { AgentdError } from "../../shared/errors.js";
import { printable, suggestName } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import { atMostWords } from "../cli/command-line.js";

const DEFAULT_LINES = 100;

export const logs: Command = {
  name: "logs",
  usage: "[NAME] [-f] [-n N] [--level LEVEL] [--json] [--runtime]",
  summary: "what the daemon has logged (never what was typed or shown)",
  flags: {
    follow: { type: "boolean", short: "f", help: "go on with what comes" },
    lines: {
      type: "string",
      short: "n",
      value: "N",
      help: `how many of the last lines, default ${DEFAULT_LINES}`,
    },
    level: { type: "string", value: LOG_LEVELS.join("|"), help: "only this and worse" },
    json: { type: "boolean", help: "the lines as they are, JSON" },
    runtime: { type: "boolean", help: "what the local runtime said on stderr" },
  },
  async run(line, context) {
    atMostWords(line, 1);
    const count = line.value("lines") ?? String(DEFAULT_LINES);
    if (!/^\d{1,7}$/.test(count))
      throw new AgentdError("usage", `bad -n '${printable(count)}' · write a number of lines`);
    const wanted = line.value("level");
    const level = LOG_LEVELS.find((known) => known === wanted);
    if (wanted !== undefined && level === undefined) {
      const near = suggestName(wanted, LOG_LEVELS);
      const hint = near === undefined ? LOG_LEVELS.join(", ") : `did you mean '${near}'?`;
      throw new AgentdError("usage", `unknown level '${printable(wanted)}' · ${hint}`);
    }
    const [shell] = line.words;
    const stray = line.has("json") ? "--json" : line.has("level") ? "--level" : shell && "a name";
    if (line.has("runtime") && stray !== undefined)
      throw new AgentdError("usage", `${stray} goes without --runtime, whose lines are plain text`);
    const { showLog } = await import("../log-view.js");
    return showLog(
      {
        ...(shell === undefined ? {} : { shell }),
        ...(level === undefined ? {} : { level }),
        count: Number(count),
        follow: line.has("follow"),
        json: line.has("json"),
        runtime: line.has("runtime"),
      },
      context,
    );
  },
};
