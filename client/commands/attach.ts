// `agentd attach`: joins a shell.
import { AgentdError, ExitStatus } from "../../shared/errors.js";
import { checkShellName } from "../../shared/names.js";
import type { ShellInfo } from "../../shared/rpc.js";
import type { Command } from "../cli/command.js";
import { atMostWords, nameFrom } from "../cli/command-line.js";
import { TARGET_FLAGS } from "../cli/target-request.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";
import { errorLine } from "../text/format.js";

export const attach: Command = {
  name: "attach",
  aliases: ["a"],
  usage: "[NAME] [-r] [--take] [--detach-others] [-c]",
  summary: "join a shell (without a name: the one used last)",
  takesCommand: true,
  flags: {
    "read-only": { type: "boolean", short: "r", help: "watch: no keys are sent" },
    take: { type: "boolean", help: "be the only one: the others are cut off, and a taken shell is won back" },
    "detach-others": { type: "boolean", short: "d", help: "detach the others" },
    create: { type: "boolean", short: "c", help: "make the shell when there is none of that name" },
    "ignore-size": { type: "boolean", help: "do not decide the shell's size" },
    ...TARGET_FLAGS,
    target: { type: "string", short: "t", value: "NAME" },
  },
  async run(line, context) {
    atMostWords(line, line.has("target") ? 0 : 1);
    const given = nameFrom(line, "target");
    if (given !== undefined) checkShellName(given);
    const create = line.has("create");
    const stray = Object.keys(TARGET_FLAGS).find((flag) => line.has(flag));
    if (!create && stray !== undefined) throw new AgentdError("usage", `--${stray} needs -c`);
    if (!create && line.rest !== undefined) throw new AgentdError("usage", "a command after -- needs -c");
    if (create && given === undefined) throw new AgentdError("usage", "attach -c needs a name");
    try {
      const { attachHere, requireTerminal } = await import("../attach/attach-here.js");
      requireTerminal(context.env, given === undefined ? "agentd ls" : `agentd capture ${given}`);
      // With a name, and nothing to ask before, the attach travels with the greeting.
      let connection: DaemonConnection | undefined;
      let name = given;
      if (name === undefined) {
        const asked = await context.ask((reached) => reached.call("shell.list", {}));
        connection = asked.connection;
        name = lastUsed((await asked.answer).shells);
      } else if (create) {
        const { createShell } = await import("./new.js");
        connection = await context.connect();
        await createShell({ connection, line, context, name, size: undefined, reuse: true });
      }
      return await attachHere({
        context,
        connection,
        name,
        readOnly: line.has("read-only"),
        take: line.has("take"),
        detachOthers: line.has("detach-others"),
        ignoreSize: line.has("ignore-size"),
      });
    } catch (error) {
      const failure = AgentdError.from(error);
      const { reportEnd } = await import("../attach/end-report.js");
      const line = errorLine(failure);
      // Wrong use and a wrong set-up keep their own status; everything else means: could not attach.
      const keeps = failure.exitStatus === ExitStatus.Usage || failure.exitStatus === ExitStatus.Config;
      const status = keeps ? failure.exitStatus : ExitStatus.CannotAttach;
      const isReported = reportEnd(context.env, { status, line });
      if (keeps) throw failure;
      if (!isReported) context.complain(line);
      return status;
    }
  },
};

/** As with tmux: the shell that was attached last, a live one before one that has ended. */
function lastUsed(shells: readonly ShellInfo[]): string {
  const rank = (shell: ShellInfo) => `${isOver(shell) ? 0 : 1} ${shell.attachedAt ?? shell.createdAt}`;
  const [first] = [...shells].sort((a, b) => (rank(a) < rank(b) ? 1 : -1));
  if (first === undefined) throw new AgentdError("shell_not_found", "no shells · agentd new NAME");
  return first.name;
}

function isOver({ state }: ShellInfo): boolean {
  return state === "ended" || state === "gone";
}
