// `agentd new`: makes a shell, and attaches to it unless -d.
import { AgentdError } from "../../shared/errors.js";
import type { Params, Result } from "../../shared/rpc.js";
import { parseSize, type Size } from "../../shared/size.js";
import type { Command } from "../cli/command.js";
import { type CommandLine, onlyName } from "../cli/command-line.js";
import type { Context } from "../cli/context.js";
import { parseLabels } from "../cli/label-words.js";
import { TARGET_FLAGS, targetRequest } from "../cli/target-request.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";
import { jsonText } from "../text/format.js";
import { policyFrom } from "./resize.js";

/** A cloud shell may need a new microVM (the service allows 300 s for it) and some retries. */
const NEW_LIMIT_MS = 345_000;

export const newShell: Command = {
  name: "new",
  aliases: ["new-session"],
  usage: "NAME [-d] [--local | --runtime ARN|ALIAS] [-- command args]",
  summary: "make a shell and attach to it",
  takesCommand: true,
  flags: {
    detached: { type: "boolean", short: "d", help: "do not attach" },
    ...TARGET_FLAGS,
    size: { type: "string", value: "COLSxROWS", help: "size of the terminal (default: this terminal's)" },
    "size-policy": {
      type: "string",
      value: "POLICY",
      help: "whose size it has: latest (who typed last), smallest, largest or manual",
    },
    label: {
      type: "string",
      value: "KEY=VALUE",
      help: "label for ls and kill; may be repeated",
    },
    escapes: { type: "string", value: "safe|raw", help: "escape sequences that pass (docs/security.md)" },
    clipboard: { type: "string", value: "deny|allow", help: "whether programs may set the clipboard" },
    existing: { type: "boolean", short: "A", help: "attach when a shell of that name exists" },
    json: { type: "boolean", help: "with -d: the shell as JSON" },
    name: { type: "string", short: "s", value: "NAME" },
  },
  async run(line, context) {
    const name = onlyName(line, "new needs a name · agentd new NAME", "name");
    // What is wrong is said before a daemon is started for it.
    parseLabels(line.values("label"));
    policyFrom(line, "size-policy");
    outputRules(line);
    const sizeText = line.value("size");
    const size = sizeText === undefined ? undefined : parseSize(sizeText);
    if (line.has("detached")) {
      const connection = await context.connect();
      const { created, shell } = await createShell({
        connection,
        line,
        context,
        name,
        size,
        reuse: line.has("existing"),
      });
      connection.close();
      if (line.has("json")) context.print(jsonText({ v: 1, created, shell }));
      else context.say(`${created ? "made" : "found"} ${name} · agentd attach ${name}`);
      return 0;
    }
    if (line.has("json"))
      throw new AgentdError("usage", "--json goes with -d: attached, the shell has the terminal");
    const { attachHere, requireTerminal } = await import("../attach/attach-here.js");
    requireTerminal(context.env, `agentd new -d ${name}`);
    const connection = await context.connect();
    await createShell({ connection, line, context, name, size, reuse: line.has("existing") });
    return attachHere({ context, connection, name });
  },
};

interface Creation {
  readonly connection: DaemonConnection;
  readonly line: CommandLine;
  readonly context: Context;
  readonly name: string;
  readonly size: Size | undefined;
  /** An existing shell of that name will do. */
  readonly reuse: boolean;
}

/** The shell as it is now; not `created` when it was there (only with `reuse`). @throws AgentdError what the daemon said. */
export async function createShell({
  connection,
  line,
  context,
  name,
  size,
  reuse,
}: Creation): Promise<Result<"shell.new">> {
  const defaultTarget = connection.hello.client.defaultTarget;
  const target = targetRequest(line, {
    env: context.env,
    cwd: context.cwd,
    umask: process.umask(),
    shellName: name,
    defaultTarget,
  });
  const labels = parseLabels(line.values("label"));
  const sizePolicy = policyFrom(line, "size-policy");
  const rules = outputRules(line);
  const { columns, rows } = process.stdout;
  const terminal = columns > 0 && rows > 0 ? { cols: columns, rows } : undefined;
  const { showProgress } = await import("../text/progress.js");
  const progress = showProgress(`starting ${name}`, context);
  try {
    return await connection.call(
      "shell.new",
      {
        name,
        target,
        ...(size ?? terminal),
        ...(sizePolicy === undefined ? {} : { sizePolicy }),
        ...(Object.keys(labels).length === 0 ? {} : { labels }),
        ...(reuse ? { reuse } : {}),
        ...rules,
      },
      NEW_LIMIT_MS,
    );
  } finally {
    progress.stop();
  }
}

/** @throws AgentdError `usage`. */
export function outputRules(line: CommandLine): Pick<Params<"shell.new">, "escapes" | "clipboard"> {
  const escapes = line.value("escapes");
  const clipboard = line.value("clipboard");
  if (escapes !== undefined && escapes !== "safe" && escapes !== "raw")
    throw new AgentdError("usage", "--escapes is safe or raw");
  if (clipboard !== undefined && clipboard !== "deny" && clipboard !== "allow")
    throw new AgentdError("usage", "--clipboard is deny or allow");
  return { ...(escapes === undefined ? {} : { escapes }), ...(clipboard === undefined ? {} : { clipboard }) };
}
