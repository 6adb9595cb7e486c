// `agentd kill`: ends shells.
import { AgentdError } from "../../shared/errors.js";
import { checkShellName } from "../../shared/names.js";
import type { ShellExit } from "../../shared/status.js";
import type { Command } from "../cli/command.js";
import { parseLabels } from "../cli/label-words.js";
import { startPaced } from "../daemon/paced-calls.js";
import { withSuggestion } from "../shell-names.js";
import { errorLine, jsonText } from "../text/format.js";
import { showProgress } from "../text/progress.js";

/** A cloud shell that is not connected has to be connected to before it can be ended. */
const KILL_LIMIT_MS = 60_000;

export const kill: Command = {
  name: "kill",
  aliases: ["kill-session"],
  usage: "NAME... | --all | -l KEY=VALUE [--force]",
  summary: "end shells",
  flags: {
    all: { type: "boolean", help: "end every shell" },
    label: {
      type: "string",
      short: "l",
      value: "KEY=VALUE",
      help: "end the shells with this label",
    },
    json: { type: "boolean", help: "as JSON" },
    force: { type: "boolean", short: "f", help: "do not wait until the runtime has confirmed it" },
    target: { type: "string", short: "t", value: "NAME" },
  },
  async run(line, context) {
    const names = [...line.words, ...line.values("target")].map(checkShellName);
    const wanted = Object.entries(parseLabels(line.values("label")));
    const some = line.has("all") || wanted.length > 0;
    if (some && names.length > 0) throw new AgentdError("usage", "give names, or --all, or -l, not both");
    if (!some && names.length === 0)
      throw new AgentdError("usage", "kill needs a name · agentd kill NAME, or --all");

    const connection = await context.connect();
    if (some) {
      const { shells } = await connection.call("shell.list", {});
      const chosen = shells.filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value));
      names.push(...chosen.map(({ name }) => name));
      if (names.length === 0) context.say(wanted.length > 0 ? "no shell has that label" : "no shells");
    }
    const force = line.has("force");
    const json = line.has("json");
    const done: { name: string; exit?: ShellExit; error?: { code: string; message: string } }[] = [];
    let status = 0;
    const calls = [...new Set(names)].map((name) => ({
      name,
      call: () =>
        withSuggestion(connection, name, () =>
          connection.call("shell.kill", { name, ...(force ? { force } : {}) }, KILL_LIMIT_MS),
        ),
    }));
    const hint = force ? undefined : "--force stops waiting";
    for (const { name, answer } of startPaced(calls)) {
      const progress = showProgress("waiting for the runtime to confirm", context, hint);
      try {
        const { exit } = await answer.finally(() => progress.stop());
        done.push({ name, ...(exit === undefined ? {} : { exit }) });
        context.say(`killed ${name}`);
      } catch (error) {
        // One that fails does not spare the others.
        const failure = AgentdError.from(error);
        done.push({ name, error: { code: failure.code, message: errorLine(failure) } });
        if (!json) context.complain(errorLine(failure));
        status ||= failure.exitStatus;
      }
    }
    connection.close();
    if (json) context.print(jsonText({ v: 1, shells: done }));
    return status;
  },
};
