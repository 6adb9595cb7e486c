// The kinds of values that a knob can have, and how each is read from JSON.
import { AgentdError } from "../../shared/errors.js";

/** One setting: what it is when nobody says, and how it is read. `parse` throws AgentdError `bad_config`. */
export interface Knob<T> {
  readonly initial: T;
  parse(value: unknown, name: string): T;
}

/** A whole number, `least` or more. */
export function count(initial: number, least = 0, most = Number.MAX_SAFE_INTEGER): Knob<number> {
  return {
    initial,
    parse(value, name) {
      const number = Number.isSafeInteger(value) ? (value as number) : Number.NaN;
      if (number >= least && number <= most) return number;
      const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
      throw badKnob(name, `a whole number, ${range}`, value);
    },
  };
}

/** A timer that is to wait longer is over at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Milliseconds. */
export function time(initial: number, least = 0): Knob<number> {
  return count(initial, least, MAX_TIMER_MS);
}

/** The same, or null for "never". */
export function timeOrOff(initial: number | null): Knob<number | null> {
  return { initial, parse: (value, name) => (value === null ? null : time(0, 1).parse(value, name)) };
}

/** What a WebSocket may be closed with: the other codes are reserved, and `ws` throws when it is to send them. */
export function closeCode(initial: number): Knob<number> {
  return {
    initial,
    parse(value, name) {
      const code = Number.isSafeInteger(value) ? (value as number) : 0;
      const isKnown = code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
      if (isKnown || (code >= 3000 && code <= 4999)) return code;
      throw badKnob(name, "a close code that can be sent (1000-1003, 1007-1014, 3000-4999)", value);
    },
  };
}

/** A whole number, or null for "no limit". */
export function countOrOff(initial: number | null, least = 1): Knob<number | null> {
  return { initial, parse: (value, name) => (value === null ? null : count(0, least).parse(value, name)) };
}

export function flag(initial: boolean): Knob<boolean> {
  return {
    initial,
    parse(value, name) {
      if (typeof value === "boolean") return value;
      throw badKnob(name, "true or false", value);
    },
  };
}

export function text(initial: string): Knob<string> {
  return {
    initial,
    parse(value, name) {
      if (typeof value === "string" && !value.includes("\0")) return value;
      throw badKnob(name, "a text", value);
    },
  };
}

/** From the WebSocket protocol; `ws` throws when it is to send more. */
const MAX_REASON_BYTES = 123;

/** The text of a close frame. */
export function closeReason(initial: string): Knob<string> {
  return {
    initial,
    parse(value, name) {
      const reason = text("").parse(value, name);
      if (Buffer.byteLength(reason) <= MAX_REASON_BYTES) return reason;
      throw badKnob(name, `a text of at most ${MAX_REASON_BYTES} bytes`, value);
    },
  };
}

/** One of a few words or numbers. */
export function choice<const T extends string | number>(values: readonly T[], initial: NoInfer<T>): Knob<T> {
  return {
    initial,
    parse(value, name) {
      const found = values.find((candidate) => candidate === value);
      if (found !== undefined) return found;
      throw badKnob(name, `one of ${values.join(", ")}`, value);
    },
  };
}

/** Any number of a few words. */
export function choices<const T extends string>(
  values: readonly T[],
  initial: readonly NoInfer<T>[],
): Knob<readonly T[]> {
  const one = choice<string>(values, "");
  return {
    initial,
    parse(value, name) {
      if (!Array.isArray(value)) throw badKnob(name, `a list of ${values.join(", ")}`, value);
      return value.map((entry, index) => one.parse(entry, `${name}[${index}]`) as T);
    },
  };
}

/** Names to texts. */
export function record(initial: Readonly<Record<string, string>>): Knob<Readonly<Record<string, string>>> {
  return {
    initial,
    parse(value, name) {
      if (typeof value !== "object" || value === null || Array.isArray(value))
        throw badKnob(name, "an object of texts", value);
      const entries = Object.entries(value).map(([key, entry]) => [
        key,
        text("").parse(entry, `${name}.${key}`),
      ]);
      return Object.fromEntries(entries) as Record<string, string>;
    },
  };
}

/** Says what is wrong with a value of the config file, without repeating the value: it may be a secret. */
export function badKnob(name: string, wanted: string, value: unknown): AgentdError {
  const kind = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  const given = typeof value === "number" ? String(value) : kind;
  return new AgentdError("bad_config", `'${name}' must be ${wanted}, not ${given}`);
}
