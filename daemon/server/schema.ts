// A handful of checks from which the params of every method are described.
import { AgentdError } from "../../shared/errors.js";
import { checkShellName, printable } from "../../shared/names.js";

/** Returns the value as a T (a copy for objects), or throws AgentdError `invalid_params` that names `path`. */
export type Check<T> = (value: unknown, path: string) => T;

/** Marks a key that may be absent. JSON `null` is a value, and the wrong one. */
export interface Optional<T> {
  readonly optional: Check<T>;
}

type Fields = Readonly<Record<string, Check<unknown> | Optional<unknown>>>;
type RequiredKeys<F> = { [K in keyof F]: F[K] extends Optional<unknown> ? never : K }[keyof F];
type OptionalKeys<F> = { [K in keyof F]: F[K] extends Optional<unknown> ? K : never }[keyof F];
type Shape<F> = { readonly [K in RequiredKeys<F>]: F[K] extends Check<infer T> ? T : never } & {
  readonly [K in OptionalKeys<F>]?: F[K] extends Optional<infer T> ? T : never;
};

export function optional<T>(check: Check<T>): Optional<T> {
  return { optional: check };
}

/**
 * An object with these keys, read as own properties into a new object. `unknownKeys`: `refuse` wherever something is changed
 * (a mistyped `readOnly` must not attach with the keyboard), `ignore` where a newer client may ask for more than we know.
 */
export function object<F extends Fields>(
  fields: F,
  unknownKeys: "refuse" | "ignore" = "refuse",
): Check<Shape<F>> {
  return (value, path) => {
    const record = asRecord(value, path);
    if (unknownKeys === "refuse") {
      const unknown = Object.keys(record).find((key) => !Object.hasOwn(fields, key));
      if (unknown !== undefined) throw wrong(join(path, unknown), "is not known here");
    }
    const result: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(fields)) {
      const here = join(path, key);
      const present = Object.hasOwn(record, key) && record[key] !== undefined;
      if (typeof field === "function") {
        if (!present) throw wrong(here, "is missing");
        result[key] = field(record[key], here);
      } else if (present) {
        result[key] = field.optional(record[key], here);
      }
    }
    return result as Shape<F>;
  };
}

/** One of several objects, told apart by their `kind`. */
export function oneOf<T>(kinds: Readonly<Record<string, Check<T>>>): Check<T> {
  return (value, path) => {
    const record = asRecord(value, path);
    const kind = Object.hasOwn(record, "kind") ? record["kind"] : undefined;
    const check = typeof kind === "string" && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (check === undefined)
      throw wrong(join(path, "kind"), `must be one of ${Object.keys(kinds).join(", ")}`);
    return check(value, path);
  };
}

export function literal<const T extends string>(expected: T): Check<T> {
  return (value, path) => {
    if (value !== expected) throw wrong(path, `must be "${expected}"`);
    return expected;
  };
}

/** One of a few words. */
export function word<const T extends string>(...words: readonly T[]): Check<T> {
  return (value, path) => {
    const found = words.find((candidate) => candidate === value);
    if (found === undefined) throw wrong(path, `must be one of ${words.join(", ")}`);
    return found;
  };
}

/** Text without NUL: these end up in paths, arguments and environments, where NUL ends them early. */
export function text(maxCharacters: number, minCharacters = 1): Check<string> {
  return (value, path) => {
    if (typeof value !== "string") throw wrong(path, "must be a string");
    if (value.length < minCharacters || value.length > maxCharacters) {
      throw wrong(path, `must have ${minCharacters} to ${maxCharacters} characters`);
    }
    if (value.includes("\0")) throw wrong(path, "must not contain NUL");
    return value;
  };
}

/** Text that `test` accepts; `rule` says in words what that is. */
export function matching(test: (value: string) => boolean, rule: string): Check<string> {
  const base = text(4096);
  return (value, path) => {
    const checked = base(value, path);
    if (!test(checked)) throw wrong(path, rule);
    return checked;
  };
}

export function integer(min: number, max: number): Check<number> {
  return (value, path) => {
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
      throw wrong(path, `must be an integer from ${min} to ${max}`);
    }
    return value as number;
  };
}

export const boolean: Check<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw wrong(path, "must be true or false");
  return value;
};

/** A shell's name. @throws AgentdError `bad_name` for text that is none. */
export const shellName: Check<string> = (value, path) => {
  if (typeof value !== "string") throw wrong(path, "must be a string");
  return checkShellName(value);
};

export function list<T>(item: Check<T>, maxItems: number, minItems = 0): Check<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrong(path, "must be a list");
    if (value.length < minItems || value.length > maxItems) {
      throw wrong(path, `must have ${minItems} to ${maxItems} items`);
    }
    return value.map((entry: unknown, index) => item(entry, `${path}[${index}]`));
  };
}

/** A value that may also be JSON `null`. */
export function orNull<T>(check: Check<T>): Check<T | null> {
  return (value, path) => (value === null ? null : check(value, path));
}

/** Free keys, each accepted by `isKey`. */
export function map<T>(
  isKey: (key: string) => boolean,
  item: Check<T>,
  maxItems: number,
): Check<Record<string, T>> {
  return (value, path) => {
    const entries = Object.entries(asRecord(value, path));
    if (entries.length > maxItems) throw wrong(path, `must have at most ${maxItems} entries`);
    for (const [key] of entries) if (!isKey(key)) throw wrong(join(path, key), "is not a possible key");
    return Object.fromEntries(entries.map(([key, entry]) => [key, item(entry, join(path, key))]));
  };
}

export function wrong(path: string, problem: string): AgentdError {
  const field = printable(path, 100);
  return new AgentdError("invalid_params", `${field} ${problem}`, { details: { field } });
}

function asRecord(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrong(path, "must be an object");
  return value as Record<string, unknown>;
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
