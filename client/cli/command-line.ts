// Reads one command's arguments: node:util parseArgs does the parsing, the messages for mistakes are ours.
import { parseArgs } from "node:util";
import { AgentdError } from "../../shared/errors.js";
import { checkShellName, printable, suggestName } from "../../shared/names.js";
import type { Command, Flags } from "./command.js";

/** Accepted by every command. */
export const COMMON_FLAGS: Flags = {
  quiet: { type: "boolean", short: "q", help: "say nothing on stderr but errors" },
  "no-color": { type: "boolean", help: "no dim text (also: NO_COLOR)" },
  help: { type: "boolean", short: "h", help: "show this help" },
};

/** The arguments of one command, checked against its flags. */
export class CommandLine {
  /** Arguments that are no flags, without those after `--`. */
  readonly words: readonly string[];
  /** What follows `--`, or undefined when there is no `--`. */
  readonly rest: readonly string[] | undefined;
  /** Where its flags are explained. */
  readonly help: string;
  readonly #values: ReadonlyMap<string, readonly (string | true)[]>;

  constructor(
    words: readonly string[],
    rest: readonly string[] | undefined,
    values: ReadonlyMap<string, readonly (string | true)[]>,
    help: string,
  ) {
    this.words = words;
    this.rest = rest;
    this.help = help;
    this.#values = values;
  }

  /** The same with the words behind `--` among the others. */
  flat(): CommandLine {
    if (this.rest === undefined) return this;
    return new CommandLine([...this.words, ...this.rest], undefined, this.#values, this.help);
  }

  /** Whether the flag was given. */
  has(flag: string): boolean {
    return this.#values.has(flag);
  }

  /** The last value of the flag, as with most tools. */
  value(flag: string): string | undefined {
    const last = this.#values.get(flag)?.at(-1);
    return typeof last === "string" ? last : undefined;
  }

  /** Every value of the flag, in order. */
  values(flag: string): readonly string[] {
    return (this.#values.get(flag) ?? []).filter((value) => typeof value === "string");
  }
}

/**
 * Parses `args` (without the command's name, which only the messages need).
 * @throws AgentdError `usage`: unknown flag with the nearest known one, a missing value, a value where none belongs.
 */
export function parseCommandLine(args: readonly string[], flags: Flags, command?: string): CommandLine {
  const help = command === undefined ? "--help" : `agentd ${command} --help`;
  const all: Flags = { ...COMMON_FLAGS, ...flags };
  const options = Object.fromEntries(
    Object.entries(all).map(([name, { type, short }]) => [
      name,
      { type, multiple: true, ...(short === undefined ? {} : { short }) },
    ]),
  );
  // Not strict: strict mode throws messages of its own, and some of them advise what agentd does not want.
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });

  const words: string[] = [];
  const values = new Map<string, (string | true)[]>();
  let rest: string[] | undefined;
  for (const token of tokens) {
    if (token.kind === "option-terminator") {
      rest = args.slice(token.index + 1);
      break;
    }
    if (token.kind === "positional") {
      words.push(token.value);
      continue;
    }
    const flag = Object.hasOwn(all, token.name) ? all[token.name] : undefined;
    if (flag === undefined) throw unknownFlag(token.rawName, all, help);
    if (flag.type === "boolean" && token.value !== undefined) {
      throw new AgentdError("usage", `${printable(token.rawName)} takes no value`);
    }
    if (
      flag.type === "string" &&
      (token.value === undefined || (!token.inlineValue && isFlag(token.value)))
    ) {
      throw new AgentdError(
        "usage",
        `${token.rawName} needs a value: ${token.rawName} ${flag.value ?? "VALUE"}`,
      );
    }
    const list = values.get(token.name) ?? [];
    list.push(token.value ?? true);
    values.set(token.name, list);
  }
  return new CommandLine(words, rest, values, help);
}

/** The arguments of `command`, as it wants them. @throws AgentdError `usage`. */
export function commandLineOf(
  { flags = {}, name, takesCommand }: Pick<Command, "flags" | "name" | "takesCommand">,
  args: readonly string[],
): CommandLine {
  const line = parseCommandLine(args, flags, name);
  return takesCommand ? line : line.flat();
}

/** `-` is stdin and `-5` a number; everything else that starts with a dash was meant as a flag. */
function isFlag(text: string): boolean {
  return text.startsWith("-") && text !== "-" && !/^-\d+$/.test(text);
}

function unknownFlag(rawName: string, flags: Flags, help: string): AgentdError {
  const near = rawName.startsWith("--") ? suggestName(rawName.slice(2), Object.keys(flags)) : undefined;
  const hint = near === undefined ? `see ${help}` : `did you mean '--${near}'?`;
  return new AgentdError("usage", `unknown flag '${printable(rawName)}' · ${hint}`);
}

/**
 * The one NAME of a command: the first word, or the value of `-t` (or another flag that tmux users write).
 * @throws AgentdError `usage`.
 */
export function nameFrom(line: CommandLine, ...flags: readonly string[]): string | undefined {
  for (const flag of flags) {
    const value = line.value(flag);
    if (value !== undefined) return value;
  }
  return line.words[0];
}

/**
 * The NAME of a command that takes one and no other words, checked.
 * @param need what is said when there is none
 * @param flag holds it as well, as tmux users write it
 * @throws AgentdError `usage`.
 */
export function onlyName(line: CommandLine, need: string, flag?: string): string {
  atMostWords(line, flag !== undefined && line.has(flag) ? 0 : 1);
  const name = nameFrom(line, ...(flag === undefined ? [] : [flag]));
  if (name === undefined) throw new AgentdError("usage", need);
  return checkShellName(name);
}

/** @throws AgentdError `usage` when there are more than `count` words. */
export function atMostWords(line: CommandLine, count: number): void {
  const extra = line.words[count];
  if (extra !== undefined)
    throw new AgentdError("usage", `unexpected argument '${printable(extra)}' · see ${line.help}`);
}
