// The config file: what it says, with the defaults for what it does not say; every mistake is said with its line.
import { readFileSync, statSync } from "node:fs";
import type { ConfigProblem } from "../../shared/daemon-care.js";
import { AgentdError } from "../../shared/errors.js";
import { isShellName, printable, suggestName } from "../../shared/names.js";
import type { Clipboard, Escapes } from "../../shared/rpc.js";
import type { SizePolicy } from "../../shared/size.js";
import { ConfigReader, type Table } from "./reader.js";
import { keysKeys, rootKeys, targetKeys, type Values } from "./schema.js";
import { whyUnusable } from "./unusable-target.js";

/** A named place for new shells: `[targets.NAME]`. Its keys are those of `targetKeys`. */
export type TargetConfig = Values<typeof targetKeys> & { readonly runtime: string };

export interface Config {
  /** The target of `agentd new` without one: `local`, or a name in `targets`. */
  readonly defaultTarget?: string;
  /** The key in front of every command while attached: `C-]`, `C-a`, … or `none`; `agentcore`: `C-]`, which alone detaches. */
  readonly prefix: string;
  /** Lines of history that each shell keeps. */
  readonly scrollback: number;
  /** Age at which AgentCore cuts a connection; for servers with another limit than its 60 minutes. */
  readonly connectionTtlMs: number;
  /** What decides the size of new shells. */
  readonly sizePolicy: SizePolicy;
  /** What becomes of the escape sequences in the output of new shells. */
  readonly escapes: Escapes;
  /** Whether programs in new shells may write the clipboard. */
  readonly clipboard: Clipboard;
  readonly targets: ReadonlyMap<string, TargetConfig>;
  /** Cloud shells that nobody used for so long let go of their connection; absent: never. */
  readonly idleStopMs?: number;
}

export const DEFAULT_CONFIG: Config = {
  prefix: "C-]",
  scrollback: 5000,
  connectionTtlMs: 60 * 60_000,
  sizePolicy: "latest",
  escapes: "safe",
  clipboard: "deny",
  targets: new Map(),
};

/** Our bound: a config file is written by hand. */
const MAX_CONFIG_BYTES = 1024 * 1024;

/** A file that was looked at. With problems, `config` holds what could be read, and nobody may use it. */
export interface Inspection {
  readonly path: string;
  readonly exists: boolean;
  readonly config: Config;
  readonly problems: readonly ConfigProblem[];
  /** What will not work, and keeps nothing else from working: the file counts all the same. */
  readonly warnings: readonly ConfigProblem[];
}

/** Looks at the file; an absent one means the defaults. Never throws. */
export function inspectConfig(path: string): Inspection {
  const unread = (message: string): Inspection => {
    return {
      path,
      exists: true,
      config: DEFAULT_CONFIG,
      problems: [{ message, expected: "a readable file" }],
      warnings: [],
    };
  };
  try {
    const status = statSync(path);
    if (!status.isFile()) return unread("is not a file");
    if (status.size > MAX_CONFIG_BYTES) return unread("is over 1 MiB");
    return { path, exists: true, ...interpret(readFileSync(path, "utf8")) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR")
      return { path, exists: false, config: DEFAULT_CONFIG, problems: [], warnings: [] };
    return unread(`cannot be read (${code ?? "unknown error"})`);
  }
}

/** Reads the file; an absent one means the defaults. @throws AgentdError `bad_config`, with path and line. */
export function readConfig(path: string): Config {
  const { config, problems } = inspectConfig(path);
  return accepted(config, problems, path);
}

/** @param path only for messages. @throws AgentdError `bad_config`. */
export function parseConfig(text: string, path: string): Config {
  const { config, problems } = interpret(text);
  return accepted(config, problems, path);
}

/** The one line about a file with problems: the first of them, and how to see the others. */
export function problemLine(path: string, problems: readonly ConfigProblem[]): string {
  const [first, ...others] = problems;
  const place = first?.line === undefined ? "" : `, line ${first.line}`;
  const more = others.length === 0 ? "" : ` · ${others.length} more: agentd config check`;
  return `config ${printable(path)}${place}: ${first?.message ?? "is broken"}${more}`;
}

function accepted(config: Config, problems: readonly ConfigProblem[], path: string): Config {
  const [first] = problems;
  if (first === undefined) return config;
  const details = first.line === undefined ? { path } : { path, line: first.line };
  throw new AgentdError("bad_config", problemLine(path, problems), { details });
}

function interpret(text: string): Pick<Inspection, "config" | "problems" | "warnings"> {
  const reader = new ConfigReader(text);
  const { root } = reader;
  const values = reader.values(root, [], rootKeys, ["keys", "targets"]);
  // `keys = "agentcore"`: the official client's way, where the prefix alone detaches.
  const preset = Object.hasOwn(root, "keys") && root["keys"] === "agentcore";
  const keys = preset
    ? { prefix: "agentcore" }
    : reader.values(reader.table(root, [], "keys"), ["keys"], keysKeys);
  const table = reader.table(root, [], "targets");
  const targets = new Map<string, TargetConfig>();
  for (const name of Object.keys(table)) {
    const target = readTarget(reader, table, name);
    if (target !== undefined) targets.set(name, target);
  }
  const { defaultTarget } = values;
  if (defaultTarget !== undefined && defaultTarget !== "local" && !Object.hasOwn(table, defaultTarget)) {
    const near = suggestName(defaultTarget, Object.keys(table));
    const hint = near === undefined ? "" : ` · did you mean '${near}'?`;
    reader.mistake(
      ["default_target"],
      `names no target: there is no [targets.${printable(defaultTarget, 60)}]${hint}`,
      "local, or the NAME of a [targets.NAME]",
    );
  }
  const config = { ...DEFAULT_CONFIG, ...values, ...keys, targets };
  return { config, problems: reader.problems, warnings: reader.warnings };
}

function readTarget(reader: ConfigReader, targets: Table, name: string): TargetConfig | undefined {
  const path = ["targets", name];
  if (!isShellName(name) || name === "local") {
    reader.wrong(path, "a name for a target");
    return undefined;
  }
  const table = reader.table(targets, ["targets"], name);
  const { runtime, ...others } = reader.values(table, path, targetKeys);
  if (runtime !== undefined) {
    const target = { runtime, ...others };
    const why = whyUnusable(target);
    if (why !== undefined) reader.warn(path, `cannot work: ${why}`, "a target that can be reached");
    return target;
  }
  if (!Object.hasOwn(table, "runtime"))
    reader.mistake(path, "needs `runtime`, the ARN of an agent runtime", "runtime");
  return undefined;
}
