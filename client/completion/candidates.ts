// What may stand at the cursor of a command line, by the command table alone: pure, and for every shell the same.
import type { Command, Flag, Flags } from "../cli/command.js";
import { COMMON_FLAGS } from "../cli/command-line.js";

/** What a word can be. `files`: the shell itself knows best. */
export type Wanted =
  | { readonly kind: "words"; readonly words: readonly Candidate[] }
  | { readonly kind: "shells" }
  | { readonly kind: "targets" }
  | { readonly kind: "files" };

export interface Candidate {
  readonly word: string;
  /** For shells that show it. */
  readonly help?: string;
}

export interface Completion {
  readonly wanted: readonly Wanted[];
  /** What the word begins with, and every candidate must. */
  readonly partial: string;
  /** Stands in front of each candidate: `--flag=`. */
  readonly prefix: string;
}

const NOTHING: Completion = { wanted: [], partial: "", prefix: "" };

/** @param words what follows `agentd`; the last one is being written, perhaps empty */
export function complete(words: readonly string[], commands: readonly Command[]): Completion {
  const partial = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const start = before.findIndex((word) => !["-q", "--quiet", "--no-color"].includes(word));
  if (start === -1) return { wanted: [commandWords(commands, partial)], partial, prefix: "" };
  const [name = "", ...args] = before.slice(start);
  if (name === "--help" || name === "help")
    return { wanted: [commandWords(commands, partial)], partial, prefix: "" };
  const command = commands.find((known) => known.name === name || known.aliases?.includes(name));
  return command === undefined ? NOTHING : completeArgument(command, args, partial);
}

function completeArgument(command: Command, args: readonly string[], partial: string): Completion {
  const flags: Flags = { ...command.flags, ...COMMON_FLAGS, ...command.flags };
  const end = args.indexOf("--");
  if (end !== -1) {
    // What follows is another program's command line, or words like any, which begin no flags.
    const count = positionalsIn(args.slice(0, end), flags) + args.length - end - 1;
    const wanted: Wanted[] = command.takesCommand ? [{ kind: "files" }] : positionals(command, count);
    return { wanted, partial, prefix: "" };
  }
  const assigned = /^(--[^=]+=)(.*)$/s.exec(partial);
  if (assigned !== null) {
    const flag = flags[(assigned[1] ?? "").slice(2, -1)];
    return { wanted: valuesOf(flag), partial: assigned[2] ?? "", prefix: assigned[1] ?? "" };
  }
  const open = flagOf(args.at(-1), flags);
  if (open?.type === "string") return { wanted: valuesOf(open), partial, prefix: "" };
  if (partial.startsWith("-")) return { wanted: [flagWords(flags)], partial, prefix: "" };
  return { wanted: positionals(command, positionalsIn(args, flags)), partial, prefix: "" };
}

/** The flag that `word` names, and whose value follows: `--runtime`, `-t`, or the last letter of `-ft`. */
function flagOf(word: string | undefined, flags: Flags): Flag | undefined {
  if (word === undefined || !word.startsWith("-") || word.includes("=")) return undefined;
  if (word.startsWith("--")) return Object.hasOwn(flags, word.slice(2)) ? flags[word.slice(2)] : undefined;
  const letter = word.at(-1);
  return Object.entries(flags).find(([name, { short }]) => short === letter || name === letter)?.[1];
}

function positionalsIn(args: readonly string[], flags: Flags): number {
  return args.filter(
    (word, index) => !word.startsWith("-") && flagOf(args[index - 1], flags)?.type !== "string",
  ).length;
}

/** The usage says what stands where: `NAME`, `OLD NEW`, `run|start|stop`, `path | check [FILE]`. */
function positionals(command: Command, count: number): Wanted[] {
  const usage = command.usage.replace(/\[?--? .*$/, "");
  const words = subcommands(usage);
  if (words.length > 0) {
    if (count === 0) return [{ kind: "words", words: words.map((word) => ({ word })) }];
    return /\bFILE\b/.test(usage) ? [{ kind: "files" }] : levels(usage);
  }
  const bare = usage.replace(/\[(?!NAME)[^\]]*\]/g, " ");
  const places = bare.match(/\b[A-Z][A-Z]+\b(?:\.\.\.)?/g) ?? [];
  const repeated = places.findIndex((place) => place.endsWith("..."));
  const place = places[repeated !== -1 && count >= repeated ? repeated : count]?.replace("...", "");
  // `new NAME` makes one: there is nothing to choose from.
  if (command.name === "new") return [];
  if (place === "NAME" || place === "OLD") return [{ kind: "shells" }];
  return place === "FILE" ? [{ kind: "files" }] : [];
}

function levels(usage: string): Wanted[] {
  return /\bLEVEL\b/.test(usage) ? [wordsOf(["trace", "debug", "info", "warn", "error"])] : [];
}

/** The words that a usage begins with; none when it begins with a place. */
function subcommands(usage: string): readonly string[] {
  const start = usage.replace(/\[[^\]]*\]/g, " ").replace(/--[a-z-]+/g, " ");
  const alternatives = start.split("|").map((part) => part.trim().split(/\s+/)[0] ?? "");
  return alternatives.every((word) => /^[a-z][a-z-]*$/.test(word)) ? alternatives : [];
}

/** By the word for the value in the help. */
function valuesOf(flag: Flag | undefined): Wanted[] {
  const value = flag?.value ?? "";
  if (value === "NAME") return [{ kind: "shells" }];
  if (/\bALIAS\b/.test(value)) return [{ kind: "targets" }];
  if (/\b(?:FILE|PATH|DIR)\b/.test(value)) return [{ kind: "files" }];
  if (/^[a-z-]+(?:\|[a-z-]+)+$/.test(value)) return [wordsOf(value.split("|"))];
  if (value === "POLICY") return [wordsOf(["latest", "smallest", "largest", "manual"])];
  return [];
}

function wordsOf(words: readonly string[]): Wanted {
  return { kind: "words", words: words.map((word) => ({ word })) };
}

/** Long names; aliases only once their beginning was written: they are for people who know them. */
function commandWords(commands: readonly Command[], partial: string): Wanted {
  const words = commands.flatMap(({ name, aliases = [], summary }) => [
    { word: name, help: summary },
    ...(commands.some((command) => command.name.startsWith(partial))
      ? []
      : aliases.map((word) => ({ word, help: summary }))),
  ]);
  return { kind: "words", words: [...words, { word: "--help" }, { word: "--version" }] };
}

function flagWords(flags: Flags): Wanted {
  const shown = Object.entries(flags).filter(([, { help }]) => help !== undefined);
  const words = shown.map(([name, { help }]) => ({
    word: name.length === 1 ? `-${name}` : `--${name}`,
    ...(help === undefined ? {} : { help }),
  }));
  return { kind: "words", words };
}
