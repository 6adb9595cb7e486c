// The daemon's log: JSON lines in a private file of bounded size, from which payloads and credentials are kept out twice.
import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { type Logger, pino } from "pino";
import { LOG_LEVELS, type LogLevel } from "../shared/daemon-care.js";
import { AgentdError } from "../shared/errors.js";
import { printable } from "../shared/names.js";
import { Scrubber } from "./scrubber.js";

export type Log = Logger;

/** One old file is kept beside the current one, so that the log uses at most twice this. */
const MAX_LOG_BYTES = 5 * 1024 * 1024;

/** A line that is longer is cut: nothing that we log on purpose comes near. */
const MAX_LINE_CHARACTERS = 16 * 1024;

export interface LogOptions {
  readonly path: string;
  /** What is logged; may change at any time, also for the children that exist by then. */
  readonly level?: { current: LogLevel };
  readonly scrubber?: Scrubber;
  readonly maxBytes?: number;
  /** Also sees every line that goes to the file (`--foreground`). */
  readonly mirror?: (line: string) => void;
}

/**
 * Opens the log.
 *
 * Two layers keep secrets out. First, only flat values pass: numbers, booleans, short printable text, errors by name; an object
 * (a request, headers, a config) becomes the word "object". Then the scrubber reads the finished line.
 * Logging never throws and never waits: a line that cannot be written is counted, and the count is said when writing works again.
 */
export function openLog(options: LogOptions): Log {
  const file = new LogFile(options.path, options.maxBytes ?? MAX_LOG_BYTES);
  const scrubber = options.scrubber ?? new Scrubber();
  const destination = {
    write(line: string): void {
      const clean = `${scrubber.scrub(line.slice(0, MAX_LINE_CHARACTERS).trimEnd())}\n`;
      file.write(clean);
      options.mirror?.(clean);
    },
  };
  return pino(
    {
      // pino's children keep the level of their birth: the threshold is looked at here instead.
      level: "trace",
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: flatten, bindings: flatten },
      // Errors are already flat when pino would serialize them.
      serializers: { err: (value: unknown) => value },
      hooks: {
        // Only the fixed phrase: pino would otherwise format further arguments into the message.
        logMethod(args, method, level) {
          if (level < pinoLevel(options.level?.current ?? "info")) return;
          method.apply(this, args.slice(0, 2) as Parameters<typeof method>);
        },
      },
    },
    destination,
  );
}

/** pino's numbers: 10 for `trace`, 20 for `debug`, … */
function pinoLevel(level: LogLevel): number {
  return (LOG_LEVELS.indexOf(level) + 1) * 10;
}

/** What may be logged of an error: never its own properties, which hold requests and headers in foreign errors. */
function describeError(value: unknown): Record<string, unknown> {
  if (!(value instanceof Error)) return { message: printable(String(value)) };
  const code = value instanceof AgentdError ? value.code : (value as NodeJS.ErrnoException).code;
  return {
    name: printable(value.name, 60),
    ...(typeof code === "string" ? { code: printable(code, 60) } : {}),
    message: printable(value.message),
    ...(value.stack === undefined ? {} : { stack: framesOf(value.stack) }),
    ...(value.cause === undefined ? {} : { cause: describeError(value.cause) }),
  };
}

function flatten(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [printable(key, 60), flat(value)]));
}

function flat(value: unknown): unknown {
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "string") return printable(value);
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Error) return describeError(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return value === undefined ? undefined : typeof value;
}

/** The lines of a stack that say where, without the first ones, which repeat the message. */
function framesOf(stack: string): string[] {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return frames.slice(0, 12).map((line) => printable(line.trim()));
}

/** Appends to a 0600 file; starts a new one when it is full, has been moved away, or has been removed. */
class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #fd: number | undefined;
  #inode = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  write(line: string): void {
    try {
      if (this.#fd !== undefined && this.#movedAway()) this.#close();
      if (this.#fd !== undefined && this.#bytes + Buffer.byteLength(line) > this.#maxBytes) this.#rotate();
      this.#fd ??= this.#open();
      if (this.#dropped > 0)
        this.#append(this.#fd, `{"level":"warn","msg":"log lines lost","lines":${this.#dropped}}\n`);
      this.#dropped = 0;
      this.#append(this.#fd, line);
    } catch {
      this.#dropped++;
    }
  }

  #append(fd: number, text: string): void {
    this.#bytes += writeSync(fd, text);
  }

  #open(): number {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    const fd = openSync(this.#path, flags, 0o600);
    const status = fstatSync(fd);
    // A file that others can read or write is not ours to trust: put it aside and start a private one.
    if (!status.isFile() || (status.mode & 0o077) !== 0 || status.uid !== process.geteuid?.()) {
      closeSync(fd);
      renameSync(this.#path, `${this.#path}.unsafe-${randomBytes(4).toString("hex")}`);
      return openSync(this.#path, flags | constants.O_EXCL, 0o600);
    }
    this.#inode = status.ino;
    this.#bytes = status.size;
    return fd;
  }

  #movedAway(): boolean {
    try {
      return statSync(this.#path).ino !== this.#inode;
    } catch {
      return true;
    }
  }

  #rotate(): void {
    renameSync(this.#path, `${this.#path}.1`);
    this.#close();
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
