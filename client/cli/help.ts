// The help texts, made from the command table: what is not built cannot be in the help.
import type { Command, Flag, Flags } from "./command.js";
import { COMMON_FLAGS } from "./command-line.js";

/** A description beside its name has at least this much room; in a narrower terminal its lines run over. */
const LEAST_COLUMNS = 24;
/** Where a usage that is too long goes on. */
const USAGE_INDENT = "\n    ";

/** `agentd --help`. @param width of the terminal; undefined: no line is broken. */
export function overviewHelp(commands: readonly Command[], width?: number): string {
  const rows = commands.map((command) => [`  ${command.name}`, command.summary] as const);
  return [
    ...wrapWords(
      "agentd: persistent, shared, reconnecting shells, here and on Amazon Bedrock AgentCore Runtime",
      width ?? Number.POSITIVE_INFINITY,
    ),
    "",
    "usage: agentd COMMAND [flags]     agentd COMMAND --help     agentd --version",
    "",
    describedRows(rows, width),
    "",
    "While attached, Ctrl-] is the key in front of every command:",
    "Ctrl-] d leaves the shell running, Ctrl-] ? shows the others.",
    "agentd alone shows all shells at a glance; in a pipe it is agentd ls.",
  ].join("\n");
}

/** `agentd COMMAND --help`; `width` as above. */
export function commandHelp(command: Command, width?: number): string {
  // Its own last: -q of `ls` is not what -q is elsewhere.
  const flags: Flags = { ...command.flags, ...COMMON_FLAGS, ...command.flags };
  const rows = Object.entries(flags)
    .filter(([, flag]) => flag.help !== undefined)
    .map(([name, flag]) => [`  ${flagSpelling(name, flag)}`, flag.help ?? ""] as const);
  const aliases = command.aliases ?? [];
  return [
    wrapWords(
      `usage: agentd ${[command.name, command.usage].filter(Boolean).join(" ")}`,
      (width ?? Number.POSITIVE_INFINITY) - USAGE_INDENT.length,
    ).join(USAGE_INDENT),
    "",
    ...wrapWords(command.summary, width ?? Number.POSITIVE_INFINITY),
    ...(aliases.length === 0 ? [] : ["", `also accepted: ${aliases.join(", ")}`]),
    "",
    describedRows(rows, width),
  ].join("\n");
}

/** Names, and beside them what they do; a description that is too long goes on below itself, between words. */
function describedRows(
  rows: readonly (readonly [string, string])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const left = Math.max(...rows.map(([name]) => name.length)) + 2;
  const room = Math.max(LEAST_COLUMNS, width - left);
  return rows
    .flatMap(([name, text]) =>
      wrapWords(text, room).map((line, index) => `${(index === 0 ? name : "").padEnd(left)}${line}`),
    )
    .join("\n");
}

function wrapWords(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function flagSpelling(name: string, { short, type, value }: Flag): string {
  const argument = type === "string" ? ` ${value ?? "VALUE"}` : "";
  // One-letter flags (-S) are their own long name.
  if (name.length === 1) return `-${name}${argument}`;
  return `${short === undefined ? "    " : `-${short}, `}--${name}${argument}`;
}
