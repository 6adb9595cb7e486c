// Reads the tables of a config file by their rules, and collects every mistake with its line and what was expected.
import { parse, TomlError } from "smol-toml";
import type { ConfigProblem } from "../../shared/daemon-care.js";
import { printable, suggestName } from "../../shared/names.js";
import { homeOf, type Keys, programName, type Values } from "./schema.js";
import { KeyLines } from "./toml-position.js";

export type Table = Readonly<Record<string, unknown>>;

/** Our bound: who has made more mistakes than this begins with the first ones. */
const MAX_PROBLEMS = 50;

/** One file's text. What is wrong is left out of what is read, so that the rest can be looked at as well. */
export class ConfigReader {
  readonly root: Table;
  readonly #text: string;
  readonly #problems: ConfigProblem[] = [];
  readonly #warnings: ConfigProblem[] = [];
  #lines: KeyLines | undefined;

  constructor(text: string) {
    this.#text = text;
    this.root = this.#parse();
  }

  /** In the order of their lines. */
  get problems(): readonly ConfigProblem[] {
    return inOrder(this.#problems);
  }

  /** What may stand there and will not work; in the order of their lines. */
  get warnings(): readonly ConfigProblem[] {
    return inOrder(this.#warnings);
  }

  /** The values of `table` for `keys`; any other key is a mistake, but those in `others`. */
  values<K extends Keys>(
    table: Table,
    path: readonly string[],
    keys: K,
    others: readonly string[] = [],
  ): Values<K> {
    const known = [...Object.keys(keys), ...others].sort();
    const values: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(table)) {
      const rule = Object.hasOwn(keys, key) ? keys[key] : undefined;
      if (rule === undefined) {
        if (!known.includes(key)) this.#unknown([...path, key], known);
        continue;
      }
      const read = rule.read(value);
      if (read === undefined) this.wrong([...path, key], rule.expected);
      else values[programName(key, rule)] = read;
    }
    return values as Values<K>;
  }

  /** The table below `key`, empty when there is none. */
  table(table: Table, path: readonly string[], key: string): Table {
    const value = Object.hasOwn(table, key) ? table[key] : undefined;
    if (value === undefined) return {};
    const isTable =
      typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
    if (isTable) return value as Table;
    this.wrong([...path, key], "a table");
    return {};
  }

  /** `'key' is not …`. */
  wrong(key: readonly string[], expected: string): void {
    this.mistake(key, `is not ${expected}`, expected);
  }

  /** `'key' …`, at the key's line. */
  mistake(key: readonly string[], sentence: string, expected: string): void {
    this.#note(this.#problems, key, sentence, expected);
  }

  /** The same of what is allowed. */
  warn(key: readonly string[], sentence: string, expected: string): void {
    this.#note(this.#warnings, key, sentence, expected);
  }

  #note(to: ConfigProblem[], key: readonly string[], sentence: string, expected: string): void {
    if (to.length >= MAX_PROBLEMS) return;
    const name = key.map((part) => printable(part, 60)).join(".");
    this.#lines ??= new KeyLines(this.#text);
    const line = this.#lines.lineOf(key);
    const message = printable(`'${name}' ${sentence}`, 400);
    to.push({ ...(line === undefined ? {} : { line }), key: name, message, expected });
  }

  #unknown(key: readonly string[], known: readonly string[]): void {
    const name = key.at(-1) ?? "";
    const near = suggestName(name, known);
    const home = homeOf(name);
    const hint =
      home !== undefined
        ? `it belongs ${home}`
        : near === undefined
          ? `known: ${known.join(", ")}`
          : `did you mean '${near}'?`;
    this.mistake(key, `is not known here · ${hint}`, `one of ${known.join(", ")}`);
  }

  /**
   * The parser stops at the first mistake: its line is blanked and the rest is parsed again, to find the next one. A header or a
   * value over several lines cannot be left out like that: what follows would be blamed for it.
   */
  #parse(): Table {
    const lines = this.#text.split("\n");
    for (let last = 0; ; ) {
      try {
        return parse(lines.join("\n"), { maxDepth: 16 });
      } catch (error) {
        const line = error instanceof TomlError ? error.line : 0;
        const first = error instanceof Error ? error.message.split("\n")[0] : undefined;
        const message = printable(/: (.+)/.exec(first ?? "")?.[1] ?? "is not TOML");
        const written = lines[line - 1] ?? "";
        if (line <= last && last > 0) return {};
        this.#problems.push({ ...(line > 0 ? { line } : {}), message, expected: "TOML" });
        if (line < 1 || /^\s*\[|"""|'''|=\s*[[{]/.test(written) || this.#problems.length >= MAX_PROBLEMS)
          return {};
        lines[line - 1] = "";
        last = line;
      }
    }
  }
}

function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const line = (problem: ConfigProblem) => problem.line ?? 0;
  return [...problems].sort((a, b) => line(a) - line(b));
}
