// `agentd wait`: until a text, a prompt, silence or the end of a shell.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import { type CommandLine, onlyName } from "../cli/command-line.js";
import { durationFrom } from "../cli/duration-flag.js";
import type { Condition } from "../follow/wait-for.js";
import { withSuggestion } from "../shell-names.js";
import { jsonText } from "../text/format.js";

export const wait: Command = {
  name: "wait",
  aliases: ["wait-for"],
  usage: "NAME --text RE | --prompt | --idle 2s | --exit [--timeout 30s]",
  summary: "wait for a text, a prompt, silence or the end (1: the shell ended first, 124: timeout)",
  flags: {
    text: {
      type: "string",
      value: "RE",
      help: "a line that matches: on the screen now, or printed from now on",
    },
    new: { type: "boolean", help: "with --text: only what is printed from now on" },
    "ignore-case": { type: "boolean", short: "i", help: "with --text: upper and lower case are the same" },
    prompt: { type: "boolean", help: "the prompt waits for typing" },
    idle: { type: "string", value: "TIME", help: "so long without output, from now on" },
    exit: { type: "boolean", help: "the shell has ended; prints how" },
    timeout: {
      type: "string",
      value: "TIME",
      help: "give up then (30s, 15m), with exit status 124; without it, wait forever",
    },
    json: { type: "boolean", help: "as JSON" },
    target: { type: "string", short: "t", value: "NAME" },
  },
  async run(line, context) {
    const name = onlyName(line, "wait needs a name · agentd wait NAME --prompt", "target");
    const condition = await conditionFrom(line);
    const timeoutMs = durationFrom(line, "timeout");
    const connection = await context.connect();
    // First, because the connection is used up by the waiting.
    await withSuggestion(connection, name, () => connection.call("shell.info", { name }));
    const { waitFor } = await import("../follow/wait-for.js");
    const { hintLater } = await import("../follow/wait-hint.js");
    const json = line.has("json");
    const unhint = json || timeoutMs !== undefined ? undefined : hintLater(context, name, condition);
    const found = await waitFor({ context, connection, name, condition, timeoutMs }).finally(unhint);
    if (json) context.print(jsonText({ v: 1, name, condition: condition.kind, ...found }));
    else if (found.line !== undefined) context.print(printable(found.line, 4096));
    else if (condition.kind === "exit") context.print(String(found.exitCode ?? "unknown"));
    return 0;
  },
};

async function conditionFrom(line: CommandLine): Promise<Condition> {
  const [kind, other] = (["text", "prompt", "idle", "exit"] as const).filter((flag) => line.has(flag));
  if (kind === undefined || other !== undefined) {
    throw new AgentdError("usage", "wait for one thing: --text RE, --prompt, --idle 2s or --exit");
  }
  if (kind !== "text" && (line.has("new") || line.has("ignore-case"))) {
    throw new AgentdError("usage", `--${line.has("new") ? "new" : "ignore-case"} goes with --text`);
  }
  if (kind === "idle") return { kind, ms: durationFrom(line, "idle") ?? 0 };
  if (kind !== "text") return { kind };
  const { parsePattern } = await import("../follow/pattern.js");
  const pattern = parsePattern(line.value("text") ?? "", line.has("ignore-case"));
  return { kind, pattern, onlyNew: line.has("new") };
}
