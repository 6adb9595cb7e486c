// `agentd ls`: the shells that the daemon holds.
import { printable } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import { atMostWords } from "../cli/command-line.js";
import { parseLabels } from "../cli/label-words.js";
import { measureFor } from "../text/fit-table.js";
import { jsonText, unsavedLine } from "../text/format.js";
import { shellRows, shellTable } from "../text/shell-table.js";

export const ls: Command = {
  name: "ls",
  aliases: ["list", "list-sessions", "-ls"],
  usage: "[-q] [-v] [-l KEY=VALUE] [--json]",
  summary: "list the shells",
  flags: {
    quiet: { type: "boolean", short: "q", help: "names only" },
    label: {
      type: "string",
      short: "l",
      value: "KEY=VALUE",
      help: "only shells with this label",
    },
    verbose: { type: "boolean", short: "v", help: "ids, process, lost bytes and labels too" },
    json: { type: "boolean", help: "as JSON" },
  },
  async run(line, context) {
    atMostWords(line, 0);
    const wanted = Object.entries(parseLabels(line.values("label")));
    // The connection ends with the process: closing it by hand costs a start a millisecond.
    const { answer } = await context.ask((connection) => connection.call("shell.list", {}));
    const { shells, configProblem, ...unsaved } = await answer;
    const chosen = shells.filter((shell) => wanted.every(([key, value]) => shell.labels[key] === value));
    if (line.has("json")) context.print(jsonText({ v: 1, shells: chosen, configProblem, ...unsaved }));
    else if (line.has("quiet")) for (const { name } of chosen) context.print(name);
    else if (chosen.length > 0) {
      const [now, verbose] = [Date.now(), line.has("verbose")];
      const measure = await measureFor(shellRows(chosen, now, verbose));
      const width = process.stdout.isTTY ? process.stdout.columns : 0;
      context.print(shellTable(chosen, now, { verbose, measure, ...(width > 0 ? { width } : {}) }));
    } else context.say(shells.length > 0 ? "no shell has that label" : "no shells · agentd new NAME");
    const warning = unsavedLine(unsaved);
    if (line.has("json")) return 0;
    for (const trouble of [warning, configProblem])
      if (trouble !== undefined) context.complain(printable(trouble, 500));
    return 0;
  },
};
