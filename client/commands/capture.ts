// `agentd capture`: prints what is on a shell's screen.
import { AgentdError } from "../../shared/errors.js";
import { checkShellName, printable } from "../../shared/names.js";
import type { Command } from "../command.js";
import { atMostWords, nameFrom } from "../command-line.js";
import { withSuggestion } from "../shell-names.js";

/** `-S -`: from the very beginning; far more lines than any history has. */
const ALL_HISTORY = -10_000_000;

export const capture: Command = {
  name: "capture",
  aliases: ["capture-pane"],
  usage: "NAME [--ansi] [--json] [-S START]",
  summary: "print what is on a shell's screen",
  flags: {
    ansi: { type: "boolean", short: "e", help: "with colours and attributes" },
    start: {
      type: "string",
      short: "S",
      value: "START",
      help: "first line: 0 is the top, -100 reaches into the history, - is all",
    },
    json: { type: "boolean", help: "as JSON" },
    print: { type: "boolean", short: "p" },
    target: { type: "string", short: "t", value: "NAME" },
  },
  async run(line, context) {
    atMostWords(line, line.has("target") ? 0 : 1);
    const name = nameFrom(line, "target");
    if (name === undefined) throw new AgentdError("usage", "capture needs a name · agentd capture NAME");
    checkShellName(name);
    const start = parseStart(line.value("start"));
    const ansi = line.has("ansi");
    const connection = await context.connect();
    const { text } = await withSuggestion(connection, name, () =>
      connection.call("shell.capture", {
        name,
        ...(start === undefined ? {} : { start }),
        ...(ansi ? { ansi } : {}),
      }),
    );
    connection.close();
    context.print(line.has("json") ? JSON.stringify({ v: 1, name, text }) : text.replace(/\n$/, ""));
    return 0;
  },
};

function parseStart(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text === "-") return ALL_HISTORY;
  const start = Number(text);
  if (/^-?\d{1,8}$/.test(text) && start >= ALL_HISTORY) return start;
  throw new AgentdError("usage", `bad start '${printable(text)}' · write a line number, such as -100`);
}
