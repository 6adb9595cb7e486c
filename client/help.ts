// The help texts, made from the command table: what is not built cannot be in the help.
import type { Command, Flag, Flags } from "./command.js";
import { COMMON_FLAGS } from "./command-line.js";
import { formatTable } from "./format.js";

/** `agentd --help`. */
export function overviewHelp(commands: readonly Command[]): string {
  const rows = commands.map((command) => [`  ${command.name}`, command.summary]);
  return [
    "agentd: persistent, shared, reconnecting shells, here and on Amazon Bedrock AgentCore Runtime",
    "",
    "usage: agentd COMMAND [flags]     agentd COMMAND --help     agentd --version",
    "",
    formatTable(rows),
    "",
    "While attached, Ctrl-] is the key in front of every command: Ctrl-] d leaves the shell running, Ctrl-] ? shows the others.",
    "agentd alone lists the shells.",
  ].join("\n");
}

/** `agentd COMMAND --help`. */
export function commandHelp(command: Command): string {
  const flags: Flags = { ...command.flags, ...COMMON_FLAGS };
  const rows = Object.entries(flags)
    .filter(([, flag]) => flag.help !== undefined)
    .map(([name, flag]) => [`  ${flagSpelling(name, flag)}`, flag.help ?? ""]);
  const aliases = command.aliases ?? [];
  return [
    `usage: agentd ${[command.name, command.usage].filter(Boolean).join(" ")}`,
    "",
    command.summary,
    ...(aliases.length === 0 ? [] : ["", `also accepted: ${aliases.join(", ")}`]),
    "",
    formatTable(rows),
  ].join("\n");
}

function flagSpelling(name: string, { short, type, value }: Flag): string {
  const argument = type === "string" ? ` ${value ?? "VALUE"}` : "";
  // One-letter flags (-S) are their own long name.
  if (name.length === 1) return `-${name}${argument}`;
  return `${short === undefined ? "    " : `-${short}, `}--${name}${argument}`;
}
