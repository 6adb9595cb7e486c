// `agentd adopt`: takes in a shell that runs on AgentCore already, by its ids.
import { readFileSync } from "node:fs";
import { AgentdError, ExitStatus } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { Verdict } from "../../shared/notice.js";
import { CLOUD_FLAGS, cloudTarget, credentialsFrom, TOKEN_FLAG, warnOfToken } from "../cli/cloud-target.js";
import type { Command } from "../cli/command.js";
import { type CommandLine, onlyName } from "../cli/command-line.js";
import type { Context } from "../cli/context.js";
import { withSuggestion } from "../shell-names.js";
import { jsonText } from "../text/format.js";

const WORDS: Readonly<Record<Verdict, string>> = {
  same: "the shell that was asked for",
  new: "NOT the shell that was asked for, which is gone: a new one answered",
  unknown: "perhaps another shell: the service does not say",
};

export const adopt: Command = {
  name: "adopt",
  usage: "NAME --runtime ARN --session-id ID --shell-id ID | NAME --bearer-token-file FILE",
  summary: "take in a shell that runs on AgentCore already (or give its token again)",
  flags: {
    ...CLOUD_FLAGS,
    ...TOKEN_FLAG,
    label: {
      type: "string",
      value: "KEY=VALUE",
      help: "label for ls and kill; may be repeated",
    },
    json: { type: "boolean", help: "as JSON: the shell, and whether it is the same" },
  },
  async run(line, context) {
    const name = onlyName(line, "adopt needs a name · agentd adopt NAME --runtime ARN …");
    const ids = ["runtime", "session-id", "shell-id"];
    const missing = ids.filter((flag) => !line.has(flag));
    const hasToken =
      line.has("bearer-token-file") ||
      line.has("bearer-token") ||
      credentialsFrom(context.env).bearerToken !== undefined;
    if (missing.length === ids.length && hasToken) return giveToken(name, line, context);
    if (missing.length > 0)
      throw new AgentdError("usage", `adopt needs ${missing.map((flag) => `--${flag}`).join(" and ")} too`);
    warnOfToken(line, context);
    const [{ createShell }, { verdictOf }] = await Promise.all([
      import("./new.js"),
      import("../adopted-shell.js"),
    ]);
    const connection = await context.connect();
    const { shell } = await createShell({ connection, line, context, name, size: undefined, reuse: false });
    const verdict = await verdictOf(connection, shell);
    if (line.has("json")) {
      const { shell: now } = await connection.call("shell.info", { name });
      context.print(jsonText({ v: 1, verdict, shell: now }));
    } else if (verdict === "new")
      context.complain(`${name}: ${WORDS.new} · agentd attach ${name}, or kill ${name}`);
    else context.say(`${name}: ${WORDS[verdict]} · agentd attach ${name}`);
    connection.close();
    return verdict === "new" ? ExitStatus.No : ExitStatus.Ok;
  },
};

/** A shell whose token was in memory lost it with the daemon: this gives it again. */
async function giveToken(name: string, line: CommandLine, context: Context): Promise<number> {
  warnOfToken(line, context);
  const { bearerToken, bearerTokenFile } = cloudTarget(line, context, "");
  const token = bearerTokenFile === undefined ? (bearerToken ?? "") : readToken(bearerTokenFile);
  const connection = await context.connect();
  await withSuggestion(connection, name, () => connection.call("shell.token", { name, bearerToken: token }));
  connection.close();
  context.say(`${name} has its token · agentd attach ${name}`);
  return ExitStatus.Ok;
}

function readToken(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new AgentdError("usage", `cannot read '${printable(path)}' (${code})`, { cause: error });
  }
}
