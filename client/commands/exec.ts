// `agentd exec`: one command on an AgentCore runtime, or with --it a shell there, by the official command line's own flags.
import { AgentdError } from "../../shared/errors.js";
import { CLOUD_FLAGS, TOKEN_FLAG } from "../cli/cloud-target.js";
import type { Command } from "../cli/command.js";
import type { CommandLine } from "../cli/command-line.js";

export const exec: Command = {
  name: "exec",
  usage: '--runtime ARN|ALIAS "command" | --it --runtime ARN [--session-id ID --shell-id ID]',
  summary: "run one command on an AgentCore runtime, or open a shell there (--it)",
  takesCommand: true,
  flags: {
    it: { type: "boolean", help: "a shell: adopts the one of --session-id and --shell-id, and attaches" },
    ...CLOUD_FLAGS,
    ...TOKEN_FLAG,
    timeout: {
      type: "string",
      value: "TIME",
      help: "end the command after so long, at most 1h (default 5m)",
    },
    json: { type: "boolean", help: "as JSON: exit code, status, output, runtime session" },
    // The newer official command line's word for --runtime.
    id: { type: "string", value: "ARN" },
    harness: { type: "string", value: "NAME" },
    target: { type: "string", value: "NAME" },
  },
  async run(line, context) {
    refuseForeign(line);
    if (line.has("it")) {
      const { openShell } = await import("../exec-shell.js");
      return openShell(line, context);
    }
    const { runCommand } = await import("../exec-command.js");
    return runCommand(line, context);
  },
};

/** What only the official command line has gets one clear line. */
function refuseForeign(line: CommandLine): void {
  if (line.has("harness"))
    throw new AgentdError("usage", "--harness: agentd opens the shells of a runtime · write --runtime ARN");
  if (line.has("target"))
    throw new AgentdError("usage", "--target names a target of an agentcore project · write --runtime ARN");
  if (!line.has("it")) {
    if (!line.has("shell-id")) return;
    throw new AgentdError("usage", "--shell-id goes with --it: a single command has a shell of its own");
  }
  for (const flag of ["timeout", "json"])
    if (line.has(flag)) throw new AgentdError("usage", `--${flag} is for a single command · leave out --it`);
  if (line.words.length > 0 || line.rest !== undefined)
    throw new AgentdError("usage", "--it opens a shell and takes no command · leave out one of the two");
}
