// `exec --it`: a shell of an AgentCore runtime in this terminal; one that somebody left is adopted under a name of its own.
import { AgentdError, ExitStatus } from "../shared/errors.js";
import { holderOf, nameFor, verdictOf } from "./adopted-shell.js";
import { attachHere, requireTerminal } from "./attach/attach-here.js";
import { chosenRuntime, cloudTarget, warnOfToken } from "./cli/cloud-target.js";
import type { CommandLine } from "./cli/command-line.js";
import type { Context } from "./cli/context.js";
import { createShell } from "./commands/new.js";
import type { DaemonConnection } from "./daemon/daemon-connection.js";
import { errorLine } from "./text/format.js";

/** Somebody else may take the name that was free a moment ago. */
const MAX_NAMES = 5;

/** Resolves with the exit status of an attachment; what could not be attached to is 255. @throws AgentdError for wrong use. */
export async function openShell(line: CommandLine, context: Context): Promise<number> {
  if (line.has("shell-id") && !line.has("session-id"))
    throw new AgentdError("usage", "--shell-id needs --session-id: the shell is in that runtime session");
  requireTerminal(context.env, 'agentd exec --runtime ARN "command"');
  warnOfToken(line, context);
  try {
    const connection = await context.connect();
    const name = await shellFor(connection, line, context);
    return await attachHere({ context, connection, name });
  } catch (error) {
    const failure = AgentdError.from(error);
    if (failure.exitStatus === ExitStatus.Usage || failure.exitStatus === ExitStatus.Config) throw failure;
    context.complain(errorLine(failure));
    return ExitStatus.CannotAttach;
  }
}

/** The name of the shell, which is connected now. */
async function shellFor(connection: DaemonConnection, line: CommandLine, context: Context): Promise<string> {
  const runtime = chosenRuntime(line, connection.hello.client.defaultTarget);
  if (runtime === undefined) throw new AgentdError("usage", "exec --it needs --runtime ARN");
  const { runtimeSessionId, shellId, bearerToken } = cloudTarget(line, context, runtime);
  for (let attempt = 1; ; attempt++) {
    const { shells } = await connection.call("shell.list", {});
    const holder = shellId === undefined ? undefined : holderOf(shells, runtimeSessionId, shellId);
    if (holder !== undefined) {
      // It may be this very token that the shell waits for.
      const needsToken = holder.state === "needs-credentials" && bearerToken !== undefined;
      if (needsToken) await connection.call("shell.token", { name: holder.name, bearerToken });
      return holder.name;
    }
    const name = nameFor(
      runtime,
      shells.map((shell) => shell.name),
    );
    try {
      const { shell } = await createShell({ connection, line, context, name, size: undefined, reuse: false });
      const isOther = shellId !== undefined && (await verdictOf(connection, shell)) === "new";
      context.say(
        isOther ? `${name} · new shell: the one that was asked for is gone` : `${name} is its name here`,
      );
      return name;
    } catch (error) {
      if (!(error instanceof AgentdError) || error.code !== "name_taken" || attempt === MAX_NAMES)
        throw error;
    }
  }
}
