// `agentd detach`: ends attachments from elsewhere; the shell lives on.
import { AgentdError } from "../../shared/errors.js";
import { checkShellName } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import { atMostWords, nameFrom } from "../cli/command-line.js";
import type { Context } from "../cli/context.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";
import { withSuggestion } from "../shell-names.js";
import { jsonText } from "../text/format.js";

export const detach: Command = {
  name: "detach",
  aliases: ["detach-client"],
  usage: "[NAME] [-a]",
  summary: "detach every terminal from a shell (inside a shell: from that one)",
  flags: {
    json: { type: "boolean", help: "as JSON" },
    all: { type: "boolean", short: "a", help: "from all shells" },
    target: { type: "string", short: "s", value: "NAME" },
    t: { type: "string", short: "t", value: "NAME" },
  },
  async run(line, context) {
    atMostWords(line, line.has("target") || line.has("t") ? 0 : 1);
    const given = nameFrom(line, "target", "t");
    if (given !== undefined && line.has("all")) throw new AgentdError("usage", "give a name or -a, not both");
    const own = context.env["AGENTD_SHELL"];
    if (given === undefined && own === undefined && !line.has("all")) {
      throw new AgentdError("usage", "detach needs a name outside a shell · agentd detach NAME, or -a");
    }
    if (given !== undefined) checkShellName(given);
    const connection = await context.connect();
    const name = line.has("all") ? undefined : (given ?? (await presentName(connection, context.env)));
    const call = () => connection.call("shell.detach", name === undefined ? {} : { name });
    const { detached } = await (name === undefined ? call() : withSuggestion(connection, name, call));
    connection.close();
    const from = name === undefined ? "" : ` from ${name}`;
    if (line.has("json"))
      context.print(jsonText({ v: 1, ...(name === undefined ? {} : { name }), detached }));
    else context.say(`detached ${detached} ${detached === 1 ? "terminal" : "terminals"}${from}`);
    return 0;
  },
};

/** The name of the shell that this runs in: it may have been renamed, and its old name given to another one. */
async function presentName(connection: DaemonConnection, env: Context["env"]): Promise<string | undefined> {
  const { shells } = await connection.call("shell.list", {});
  return shells.find((shell) => shell.shellId === env["AGENTD_SHELL_ID"])?.name ?? env["AGENTD_SHELL"];
}
