// The config file: TOML, read once when the daemon starts; every mistake is said with its line.
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute } from "node:path";
import { parse, TomlError } from "smol-toml";
import { AgentdError } from "../shared/errors.js";
import { isShellName, printable } from "../shared/names.js";
import type { Clipboard, Escapes } from "../shared/rpc.js";
import { SIZE_POLICIES, type SizePolicy } from "../shared/size.js";
import { lineOfKey } from "./toml-position.js";

/** A named place for new shells: `[targets.NAME]`. */
export interface TargetConfig {
  readonly runtime: string;
  readonly region?: string;
  readonly profile?: string;
  readonly qualifier?: string;
  readonly endpointUrl?: string;
  /** OAuth instead of a signature. */
  readonly bearerTokenFile?: string;
  /** Typed once into each new shell. */
  readonly command?: string;
  /** Instead of the one for all; 0: never. */
  readonly idleStopMs?: number;
}

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

/** Our bound: a screen's history lives in memory, in every shell. */
const MAX_SCROLLBACK_LINES = 100_000;
/** Our bounds: a connection that lives shorter than a second is no connection, and timers end at 24 days. */
const MIN_TTL_MS = 1_000;
const MAX_TTL_MS = 24 * 3_600_000;
/** A minute, which is shorter than anybody's pause, and a week. */
const MIN_IDLE_MS = 60_000;
const MAX_IDLE_MS = 7 * 24 * 3_600_000;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };
/** Our bound: a config file is written by hand. */
const MAX_CONFIG_BYTES = 1024 * 1024;

/** Reads the file; an absent one means the defaults. @throws AgentdError `bad_config`, with path and line. */
export function readConfig(path: string): Config {
  let text: string;
  try {
    const status = statSync(path);
    if (!status.isFile()) throw bad(path, undefined, "is not a file");
    if (status.size > MAX_CONFIG_BYTES) throw bad(path, undefined, "is over 1 MiB");
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return DEFAULT_CONFIG;
    throw error instanceof AgentdError
      ? error
      : bad(path, undefined, `cannot be read (${code ?? "unknown error"})`);
  }
  return parseConfig(text, path);
}

/** @param path only for messages. @throws AgentdError `bad_config`. */
export function parseConfig(text: string, path: string): Config {
  let root: Table;
  try {
    root = parse(text, { maxDepth: 16 });
  } catch (error) {
    if (!(error instanceof TomlError)) throw bad(path, undefined, "is not TOML");
    const problem = /: (.+)/.exec(error.message.split("\n")[0] ?? "")?.[1] ?? "is not TOML";
    throw bad(path, error.line, problem);
  }
  return new Reader(text, path).config(root);
}

type Table = Record<string, unknown>;

/** Turns the parsed tables into a Config; knows where to point when something is wrong. */
class Reader {
  readonly #text: string;
  readonly #path: string;

  constructor(text: string, path: string) {
    this.#text = text;
    this.#path = path;
  }

  config(root: Table): Config {
    this.#onlyKeys(
      root,
      [],
      [
        "clipboard",
        "connection_ttl",
        "default_target",
        "escapes",
        "idle_stop",
        "keys",
        "scrollback",
        "size_policy",
        "targets",
      ],
    );
    // `keys = "agentcore"`: the official client's way, where the prefix alone detaches.
    const preset = own(root, "keys") === "agentcore";
    const keys = preset ? {} : this.#table(root, [], "keys");
    this.#onlyKeys(keys, ["keys"], ["prefix"]);
    const targets = this.#targets(this.#table(root, [], "targets"));
    const defaultTarget = this.#string(root, [], "default_target");
    if (defaultTarget !== undefined && defaultTarget !== "local" && !targets.has(defaultTarget)) {
      throw this.#bad(
        ["default_target"],
        `names no target: there is no [targets.${printable(defaultTarget)}]`,
      );
    }
    return {
      ...(defaultTarget === undefined ? {} : { defaultTarget }),
      prefix: preset ? "agentcore" : (this.#prefix(keys) ?? DEFAULT_CONFIG.prefix),
      scrollback: this.#scrollback(root) ?? DEFAULT_CONFIG.scrollback,
      connectionTtlMs: this.#connectionTtl(root) ?? DEFAULT_CONFIG.connectionTtlMs,
      sizePolicy: this.#word(root, "size_policy", SIZE_POLICIES) ?? DEFAULT_CONFIG.sizePolicy,
      escapes: this.#word(root, "escapes", ["safe", "raw"]) ?? DEFAULT_CONFIG.escapes,
      clipboard: this.#word(root, "clipboard", ["deny", "allow"]) ?? DEFAULT_CONFIG.clipboard,
      targets,
      ...this.#idleStop(root, []),
    };
  }

  #targets(table: Table): ReadonlyMap<string, TargetConfig> {
    return new Map(Object.keys(table).map((name) => [name, this.#target(table, name)]));
  }

  #target(targets: Table, name: string): TargetConfig {
    const path = ["targets", name];
    if (!isShellName(name) || name === "local") throw this.#bad(path, "is not a name for a target");
    const table = this.#table(targets, ["targets"], name);
    const plain = ["runtime", "region", "profile", "qualifier", "endpoint_url"];
    this.#onlyKeys(table, path, [...plain, "bearer_token_file", "command", "idle_stop"]);
    const runtime = this.#string(table, path, "runtime");
    if (runtime === undefined) throw this.#bad(path, "needs `runtime`, the ARN of an agent runtime");
    const optional = {
      region: this.#string(table, path, "region"),
      profile: this.#string(table, path, "profile"),
      qualifier: this.#string(table, path, "qualifier"),
      endpointUrl: this.#url(table, path, "endpoint_url"),
      bearerTokenFile: this.#file(table, path, "bearer_token_file"),
      command: this.#string(table, path, "command"),
      ...this.#idleStop(table, path),
    };
    const given = Object.entries(optional).filter(([, value]) => value !== undefined);
    return { runtime, ...Object.fromEntries(given) };
  }

  #idleStop(table: Table, path: readonly string[]): { idleStopMs?: number } {
    const text = this.#string(table, path, "idle_stop");
    if (text === undefined) return {};
    const [, count, unit] = /^(\d{1,5})([smh])$/.exec(text) ?? [];
    const ms = text === "never" ? 0 : Number(count) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
    if (ms === 0 || (ms >= MIN_IDLE_MS && ms <= MAX_IDLE_MS)) return { idleStopMs: ms };
    throw this.#bad(
      [...path, "idle_stop"],
      'is not a time such as "30m" or "4h", from "1m" to "168h", or "never"',
    );
  }

  #file(table: Table, path: readonly string[], key: string): string | undefined {
    const file = this.#string(table, path, key)?.replace(/^~\//, `${homedir()}/`);
    if (file === undefined || isAbsolute(file)) return file;
    throw this.#bad([...path, key], "is not an absolute path, nor one that begins with ~/");
  }

  #prefix(keys: Table): string | undefined {
    const prefix = this.#string(keys, ["keys"], "prefix");
    if (prefix === undefined || prefix === "none" || /^C-[a-zA-Z@[\\\]^_]$/.test(prefix)) return prefix;
    throw this.#bad(
      ["keys", "prefix"],
      'is not a key · write "C-]", "C-a" or another control key, or "none"',
    );
  }

  #scrollback(root: Table): number | undefined {
    const lines = own(root, "scrollback");
    if (lines === undefined) return undefined;
    if (Number.isInteger(lines) && (lines as number) >= 0 && (lines as number) <= MAX_SCROLLBACK_LINES) {
      return lines as number;
    }
    throw this.#bad(["scrollback"], `is not a count of lines from 0 to ${MAX_SCROLLBACK_LINES}`);
  }

  #connectionTtl(root: Table): number | undefined {
    const text = this.#string(root, [], "connection_ttl");
    if (text === undefined) return undefined;
    const [, count, unit] = /^(\d{1,5})([smh])$/.exec(text) ?? [];
    const ms = Number(count) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
    if (ms >= MIN_TTL_MS && ms <= MAX_TTL_MS) return ms;
    throw this.#bad(["connection_ttl"], 'is not a time such as "90s", "60m" or "1h", at most "24h"');
  }

  #word<const T extends string>(root: Table, key: string, words: readonly T[]): T | undefined {
    const value = own(root, key);
    const found = words.find((word) => word === value);
    if (value === undefined || found !== undefined) return found;
    throw this.#bad([key], `is not one of ${words.join(", ")}`);
  }

  #url(table: Table, path: readonly string[], key: string): string | undefined {
    const text = this.#string(table, path, key);
    if (text === undefined || /^https?:\/\/[^\s/]+/.test(text)) return text;
    throw this.#bad([...path, key], "is not an http or https address");
  }

  #string(table: Table, path: readonly string[], key: string): string | undefined {
    const value = own(table, key);
    if (value === undefined || (typeof value === "string" && value !== "" && value.length <= 2048))
      return value;
    throw this.#bad([...path, key], "is not a text");
  }

  #table(table: Table, path: readonly string[], key: string): Table {
    const value = own(table, key);
    if (value === undefined) return {};
    const isTable =
      typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
    if (!isTable) throw this.#bad([...path, key], "is not a table");
    return value as Table;
  }

  #onlyKeys(table: Table, path: readonly string[], known: readonly string[]): void {
    const unknown = Object.keys(table).find((key) => !known.includes(key));
    if (unknown !== undefined)
      throw this.#bad([...path, unknown], `is not known here · known: ${known.join(", ")}`);
  }

  #bad(key: readonly string[], problem: string): AgentdError {
    const name = key.map((part) => printable(part, 60)).join(".");
    return bad(this.#path, lineOfKey(this.#text, key), `'${name}' ${problem}`);
  }
}

function bad(path: string, line: number | undefined, problem: string): AgentdError {
  const place = line === undefined ? "" : `, line ${line}`;
  const details = line === undefined ? { path } : { path, line };
  return new AgentdError("bad_config", `config ${printable(path)}${place}: ${printable(problem)}`, {
    details,
  });
}

function own(table: Table, key: string): unknown {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
