// What the config file may hold: one line per key, and the rules that its values follow.
import { homedir } from "node:os";
import { isAbsolute } from "node:path";
import { SIZE_POLICIES } from "../../shared/size.js";

/** What a value must be. `expected` completes the sentence "'key' is not …". */
export interface Rule<T> {
  readonly expected: string;
  /** Undefined: not that. */
  read(value: unknown): T | undefined;
}

export type Keys = Readonly<Record<string, Rule<unknown>>>;

type Camel<K extends string> = K extends `${infer Head}_${infer Rest}`
  ? `${Head}${Capitalize<Camel<Rest>>}`
  : K;

/** In milliseconds, which the program's name for it says. */
interface Duration extends Rule<number> {
  readonly suffix: "Ms";
}

type NameOf<Key extends string, R> = R extends Duration ? `${Camel<Key>}Ms` : Camel<Key>;

/** What reading a table of `K` gives: `endpoint_url` becomes `endpointUrl`, a time `idleStopMs`; what is not written is absent. */
export type Values<K extends Keys> = {
  readonly [Key in keyof K & string as NameOf<Key, K[Key]>]?: K[Key] extends Rule<infer T> ? T : never;
};

/** Our bound: a screen's history lives in memory, in every shell. */
const MAX_SCROLLBACK_LINES = 100_000;
/** Our bounds: a connection that lives shorter than a second is no connection, and timers end at 24 days. */
const MIN_TTL_MS = 1_000;
const MAX_TTL_MS = 24 * 3_600_000;
/** A minute, which is shorter than anybody's pause, and a week. */
const MIN_IDLE_MS = 60_000;
const MAX_IDLE_MS = 7 * 24 * 3_600_000;
const MAX_TEXT_CHARACTERS = 2048;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

const text: Rule<string> = {
  expected: "a text",
  read: (value) =>
    typeof value === "string" && value !== "" && value.length <= MAX_TEXT_CHARACTERS ? value : undefined,
};

const address = matching(/^https?:\/\/[^\s/]+/, "an http or https address");

const controlKey = matching(
  /^(?:none|C-[a-zA-Z@[\\\]^_])$/,
  'a key · write "C-]", "C-a" or another control key, or "none"',
);

/** Absolute afterwards; `~/` is the home. */
const file: Rule<string> = {
  expected: "an absolute path, nor one that begins with ~/",
  read: (value) => {
    const path = text.read(value)?.replace(/^~\//, `${homedir()}/`);
    return path !== undefined && isAbsolute(path) ? path : undefined;
  },
};

const idleStop = duration(
  MIN_IDLE_MS,
  MAX_IDLE_MS,
  'a time such as "30m" or "4h", from "1m" to "168h", or "never"',
  { never: 0 },
);

/** At the top of the file. */
export const rootKeys = {
  default_target: text,
  scrollback: count("lines", 0, MAX_SCROLLBACK_LINES),
  connection_ttl: duration(MIN_TTL_MS, MAX_TTL_MS, 'a time such as "90s", "60m" or "1h", at most "24h"'),
  size_policy: oneOf(SIZE_POLICIES),
  escapes: oneOf(["safe", "raw"]),
  clipboard: oneOf(["deny", "allow"]),
  /** Cloud shells that nobody used for so long let go of their connection. */
  idle_stop: idleStop,
} satisfies Keys;

/** `[keys]`. */
export const keysKeys = { prefix: controlKey } satisfies Keys;

/** `[targets.NAME]`; `runtime` must be there. */
export const targetKeys = {
  runtime: text,
  region: text,
  profile: text,
  qualifier: text,
  endpoint_url: address,
  /** OAuth instead of a signature. */
  bearer_token_file: file,
  /** Typed once into each new shell. */
  command: text,
  /** Instead of the one for all; 0: never. */
  idle_stop: idleStop,
} satisfies Keys;

/** Where a key stands that was written elsewhere; undefined: there is no such key. */
export function homeOf(key: string): string | undefined {
  if (Object.hasOwn(keysKeys, key)) return "into [keys]";
  if (Object.hasOwn(rootKeys, key)) return "to the top of the file, before the first [table]";
  return Object.hasOwn(targetKeys, key) ? "into a [targets.NAME]" : undefined;
}

/** The name under which a key's value is known to the program. */
export function programName(key: string, rule: Rule<unknown>): string {
  const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return "suffix" in rule ? `${name}${rule.suffix}` : name;
}

function matching(pattern: RegExp, expected: string): Rule<string> {
  return {
    expected,
    read: (value) => {
      const found = text.read(value);
      return found !== undefined && pattern.test(found) ? found : undefined;
    },
  };
}

function count(what: string, min: number, max: number): Rule<number> {
  return {
    expected: `a count of ${what} from ${min} to ${max}`,
    read: (value) =>
      typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
        ? value
        : undefined,
  };
}

/** @param words that stand for a number of milliseconds */
function duration(
  minMs: number,
  maxMs: number,
  expected: string,
  words: Readonly<Record<string, number>> = {},
): Duration {
  return {
    suffix: "Ms",
    expected,
    read: (value) => {
      if (typeof value === "string" && Object.hasOwn(words, value)) return words[value];
      const [, digits, unit] = /^(\d{1,5})([smh])$/.exec(String(value)) ?? [];
      const ms = Number(digits) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
      return ms >= minMs && ms <= maxMs ? ms : undefined;
    },
  };
}

function oneOf<const T extends string>(words: readonly T[]): Rule<T> {
  return {
    expected: `one of ${words.join(", ")}`,
    read: (value) => words.find((word) => word === value),
  };
}
