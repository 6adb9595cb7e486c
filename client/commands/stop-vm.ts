// `agentd stop-vm`: ends a whole runtime session on AgentCore, with every shell in it.
import { AgentdError, ExitStatus } from "../../shared/errors.js";
import { checkShellName, printable } from "../../shared/names.js";
import type { Params, ShellInfo } from "../../shared/rpc.js";
import { CLOUD_FLAGS, cloudTarget, TOKEN_FLAG, warnOfToken } from "../cli/cloud-target.js";
import type { Command } from "../cli/command.js";
import { atMostWords, type CommandLine, nameFrom } from "../cli/command-line.js";
import type { Context } from "../cli/context.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";
import { noSuchShell } from "../shell-names.js";
import { jsonText } from "../text/format.js";

/** The daemon gives up before. */
const STOP_LIMIT_MS = 100_000;

export const stopVm: Command = {
  name: "stop-vm",
  usage: "NAME [--yes] | --runtime ARN --session-id ID [--yes]",
  summary: "end the microVM of a shell, with every shell and file in it",
  flags: {
    yes: { type: "boolean", short: "y", help: "do not ask" },
    ...CLOUD_FLAGS,
    ...TOKEN_FLAG,
    json: { type: "boolean", help: "as JSON: the runtime session and the shells that ended with it" },
  },
  async run(line, context) {
    atMostWords(line, 1);
    const name = nameFrom(line);
    const byIds = line.has("runtime") && line.has("session-id");
    if ((name === undefined) === !byIds)
      throw new AgentdError(
        "usage",
        "stop-vm needs a name, or --runtime and --session-id · agentd stop-vm NAME",
      );
    // A shell knows where it runs: what says otherwise would be ignored, and another microVM end than was meant.
    const stray = Object.keys({ ...CLOUD_FLAGS, ...TOKEN_FLAG }).find((flag) => line.has(flag));
    if (name !== undefined && stray !== undefined)
      throw new AgentdError("usage", `--${stray} goes without a name · agentd stop-vm ${printable(name)}`);
    const asks = !line.has("yes");
    warnOfToken(line, context);
    const connection = await context.connect();
    const { shells } = await connection.call("shell.list", {});
    const { runtimeSessionId, params } = request(line, context, shells, name);
    if (asks && (line.has("json") || process.stdin.isTTY !== true || process.stderr.isTTY !== true))
      throw new AgentdError("usage", "stop-vm asks first, and there is nobody to ask here · add --yes");
    if (asks && !(await isWanted(runtimeSessionId, shells))) return ExitStatus.No;
    const stopped = await stop(connection, params, context);
    if (line.has("json")) context.print(jsonText({ v: 1, ...stopped }));
    else
      context.say(`runtime session ${runtimeSessionId} is stopped${tellShells(" · gone", stopped.shells)}`);
    connection.close();
    return ExitStatus.Ok;
  },
};

function request(
  line: CommandLine,
  context: Context,
  shells: readonly ShellInfo[],
  name: string | undefined,
): { readonly runtimeSessionId: string; readonly params: Params<"session.stop"> } {
  if (name === undefined) {
    const target = cloudTarget(line, context, line.value("runtime") ?? "");
    return { runtimeSessionId: target.runtimeSessionId ?? "", params: { target } };
  }
  const shell = shells.find((candidate) => candidate.name === checkShellName(name));
  if (shell === undefined) {
    const names = shells.map((candidate) => candidate.name);
    throw new AgentdError("shell_not_found", noSuchShell(name, names));
  }
  if (shell.kind === "local")
    throw new AgentdError("usage", `shell '${name}' is local, without a microVM · agentd kill ${name}`);
  return { runtimeSessionId: shell.runtimeSessionId, params: { name } };
}

async function stop(connection: DaemonConnection, params: Params<"session.stop">, context: Context) {
  const { showProgress } = await import("../text/progress.js");
  const progress = showProgress("stopping the microVM", context);
  try {
    return await connection.call("session.stop", params, STOP_LIMIT_MS);
  } finally {
    progress.stop();
  }
}

async function isWanted(runtimeSessionId: string, shells: readonly ShellInfo[]): Promise<boolean> {
  const inside = shells.filter(
    (shell) =>
      shell.runtimeSessionId === runtimeSessionId && shell.state !== "ended" && shell.state !== "gone",
  );
  const names = inside.map(({ name }) => name);
  const ours = names.length === 0 ? "no shell of agentd's is in it" : `it ends ${names.join(", ")}`;
  const { confirm } = await import("../cli/confirm.js");
  return confirm(`stop runtime session ${runtimeSessionId} and lose its files? ${ours}`);
}

function tellShells(word: string, names: readonly string[]): string {
  return names.length === 0 ? "" : `${word}: ${names.join(", ")}`;
}
