// `agentd tail`: the last lines of a shell's output, and with -f what comes.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import { onlyName } from "../cli/command-line.js";
import { withSuggestion } from "../shell-names.js";
import { jsonText } from "../text/format.js";

const DEFAULT_LINES = 10;
const MAX_LINES = 1_000_000;

export const tail: Command = {
  name: "tail",
  usage: "[-n LINES] [-f] [--ansi] NAME",
  summary: "print the last lines of a shell's output, and follow it",
  flags: {
    lines: { type: "string", short: "n", value: "LINES", help: "how many lines (default 10)" },
    follow: {
      type: "boolean",
      short: "f",
      help: "print what comes, until the shell ends (exit status 0; 254: cut off from it)",
    },
    ansi: { type: "boolean", short: "e", help: "keep colours (default on a terminal)" },
    json: { type: "boolean", help: "as JSON; with -f one object for each line" },
    target: { type: "string", short: "t", value: "NAME" },
  },
  async run(line, context) {
    const name = onlyName(line, "tail needs a name · agentd tail -f NAME", "target");
    const lines = parseLines(line.value("lines"));
    const json = line.has("json");
    if (json && line.has("ansi"))
      throw new AgentdError(
        "usage",
        `--ansi goes without --json, whose lines are plain text · agentd capture ${name} --json has colours`,
      );
    const ansi = !json && (line.has("ansi") || context.stdout.isTTY === true);
    const connection = await context.connect();
    const { lastLines } = await import("../follow/last-lines.js");
    const last = await withSuggestion(connection, name, () => lastLines(connection, name, lines));
    if (line.has("follow")) {
      const { followOutput } = await import("../follow/follow-output.js");
      return followOutput({ context, connection, name, last, ansi, json });
    }
    connection.close();
    if (json) context.print(jsonText({ v: 1, name, lines: last.lines.map(({ text }) => text) }));
    else for (const { text, ansi: colored } of last.lines) context.print(ansi ? colored : text);
    return 0;
  },
};

function parseLines(text: string | undefined): number {
  const lines = text === undefined ? DEFAULT_LINES : Number(text);
  if (text === undefined || (/^\d{1,7}$/.test(text) && lines <= MAX_LINES)) return lines;
  throw new AgentdError("usage", `bad number of lines '${printable(text, 30)}' · agentd tail -n 100 NAME`);
}
