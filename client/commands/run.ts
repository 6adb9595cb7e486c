// `agentd run`: runs a command in a live shell; its output, its exit status, its duration.
import { AgentdError } from "../../shared/errors.js";
import { checkShellName } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import type { CommandLine } from "../cli/command-line.js";
import { durationFrom } from "../cli/duration-flag.js";

export const run: Command = {
  name: "run",
  usage: "NAME | --all | -l KEY=VALUE [--timeout S [--kill]] [--json] -- COMMAND...",
  summary: "run a command in a live shell: its output, and its exit status as ours",
  takesCommand: true,
  flags: {
    all: { type: "boolean", help: "in every shell at once: a line for each, and the highest exit status" },
    label: {
      type: "string",
      short: "l",
      value: "KEY=VALUE",
      help: "in every shell with this label",
    },
    timeout: {
      type: "string",
      value: "S",
      help: "wait so long (30, 90s, 15m), its turn included; then exit 124, and the command goes on",
    },
    kill: { type: "boolean", help: "send it a Ctrl-C at the timeout, or when this command is ended" },
    stdin: { type: "boolean", help: "read the command from stdin (also: - as COMMAND)" },
    force: { type: "boolean", help: "whatever seems to be in front; a half-typed line is dropped" },
    "max-output": { type: "string", value: "SIZE", help: "with --json: keep so much output (default 10M)" },
    json: { type: "boolean", help: "as one JSON object when it is over" },
    target: { type: "string", short: "t", value: "NAME" },
  },
  async run(line, context) {
    const words = [...line.words];
    const { parseLabels } = await import("../cli/label-words.js");
    const labels = Object.entries(parseLabels(line.values("label")));
    const isMany = line.has("all") || labels.length > 0;
    const target = line.value("target");
    if (isMany && (target !== undefined || (words.length > 0 && line.rest !== undefined)))
      throw new AgentdError("usage", "give a name, or --all, or -l, not both · agentd run --all -- COMMAND");
    const name = isMany ? "--all" : (target ?? words.shift());
    if (name === undefined) throw new AgentdError("usage", "run needs a name · agentd run NAME -- COMMAND");
    if (!isMany) checkShellName(name);
    const { parseBytes } = await import("../run/byte-size.js");
    const timeoutMs = durationFrom(line, "timeout");
    if (timeoutMs === 0)
      throw new AgentdError("usage", "--timeout 0 leaves no time to run · without it, run waits forever");
    const maxOutput = line.value("max-output");
    const maxOutputBytes = parseBytes(maxOutput ?? "10M");
    if (maxOutput !== undefined && !line.has("json"))
      throw new AgentdError(
        "usage",
        `--max-output goes with --json, which keeps the output · agentd run ${name} --json -- COMMAND`,
      );
    const request = {
      command: await commandFrom(line, words, name),
      timeoutMs: timeoutMs === undefined ? undefined : Math.ceil(timeoutMs),
      maxOutputBytes,
      interrupt: line.has("kill"),
      force: line.has("force"),
      json: line.has("json"),
    };
    if (isMany) {
      const { runEverywhere } = await import("../run/run-everywhere.js");
      return runEverywhere(context, { ...request, labels });
    }
    const { runInShell } = await import("../run/run-in-shell.js");
    return runInShell(context, { ...request, name });
  },
};

/** @throws AgentdError `usage`: no command, or two. */
async function commandFrom(line: CommandLine, words: readonly string[], name: string): Promise<string> {
  const { commandText } = await import("../run/command-text.js");
  const rest = line.rest ?? [];
  const given = rest.length > 0 ? [...words, ...rest] : words;
  const isDash = given.length === 1 && given[0] === "-";
  if (line.has("stdin") || isDash) {
    if (!isDash && given.length > 0)
      throw new AgentdError("usage", "a command comes as words or from stdin, not both");
    const { textFrom } = await import("../cli/text-source.js");
    return textFrom("-");
  }
  if (words.length > 0 && rest.length > 0) {
    throw new AgentdError("usage", `words stand before '--' · agentd run ${name} -- COMMAND`);
  }
  if (given.length === 0)
    throw new AgentdError("usage", `run needs a command · agentd run ${name} -- COMMAND`);
  return commandText(given);
}
