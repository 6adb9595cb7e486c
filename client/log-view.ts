// Shows a log: the last lines of it and of the one before it, then what comes, over every rotation.
import { closeSync, fstatSync, openSync, readSync, statSync, watch } from "node:fs";
import { basename, dirname, join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { LOG_LEVELS, type LogLevel } from "../shared/daemon-care.js";
import { AgentdError } from "../shared/errors.js";
import { printable } from "../shared/names.js";
import type { Context } from "./cli/context.js";
import { daemonLogPath } from "./daemon/daemon-launch.js";
import { jsonText } from "./text/format.js";

export interface LogRequest {
  readonly shell?: string;
  readonly level?: LogLevel;
  readonly count: number;
  readonly follow: boolean;
  readonly json: boolean;
  readonly runtime: boolean;
}

const READ_BYTES = 256 * 1024;

/** Reads lines of a file that grows and is replaced; what was in the replaced one comes first. */
export class LogReader {
  readonly #path: string;
  #fd: number | undefined;
  #decoder = new StringDecoder("utf8");
  #rest = "";
  #position = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Complete lines since the last call. */
  *read(): Generator<string> {
    if (this.#fd !== undefined) {
      yield* this.#readFile(this.#fd);
      if (!this.#wasReplaced(this.#fd)) return;
      // Whoever put it aside may have written to it since.
      yield* this.#readFile(this.#fd);
      closeSync(this.#fd);
      this.#fd = undefined;
    }
    try {
      this.#fd = openSync(this.#path, "r");
    } catch {
      // Not there yet, or just between two.
      return;
    }
    this.#begin();
    yield* this.#readFile(this.#fd);
  }

  #begin(): void {
    this.#decoder = new StringDecoder("utf8");
    this.#rest = "";
    this.#position = 0;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  *#readFile(fd: number): Generator<string> {
    // Emptied, which the doctor advises for a large one.
    if (fstatSync(fd).size < this.#position) this.#begin();
    const buffer = Buffer.alloc(READ_BYTES);
    for (;;) {
      const bytes = readSync(fd, buffer, 0, READ_BYTES, this.#position);
      if (bytes === 0) return;
      this.#position += bytes;
      const lines = (this.#rest + this.#decoder.write(buffer.subarray(0, bytes))).split("\n");
      this.#rest = lines.pop() ?? "";
      yield* lines;
    }
  }

  #wasReplaced(fd: number): boolean {
    return statSync(this.#path, { throwIfNoEntry: false })?.ino !== fstatSync(fd).ino;
  }
}

/** @throws AgentdError `daemon_unavailable` when there is no log yet, or it cannot be followed. */
export async function showLog(request: LogRequest, context: Context): Promise<number> {
  const daemonLog = daemonLogPath(context.env);
  const path = request.runtime ? join(dirname(daemonLog), "runtime.log") : daemonLog;
  const shown = (line: string) => (request.runtime ? printable(line, 4000) : format(line, request));
  const last: string[] = [];
  const old = new LogReader(`${path}.1`);
  const reader = new LogReader(path);
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (!isThere && !request.follow)
    throw new AgentdError("daemon_unavailable", `no log yet at ${path} · agentd daemon start`);
  for (const source of [old, reader])
    for (const line of source.read()) {
      const text = shown(line);
      if (text === undefined) continue;
      last.push(text);
      if (last.length > request.count) last.shift();
    }
  old.close();
  for (const text of last) context.print(text);
  if (last.length === 0 && request.count > 0) context.say(nothingText(request));
  if (!request.follow) return 0;
  const follow = () => {
    for (const line of reader.read()) {
      const text = shown(line);
      if (text !== undefined) context.print(text);
    }
  };
  try {
    watch(dirname(path), (_, name) => {
      if (name === null || name === basename(path)) follow();
    });
  } catch (cause) {
    throw new AgentdError("daemon_unavailable", `${dirname(path)} cannot be watched · agentd daemon start`, {
      cause,
    });
  }
  follow();
  // Until the reader goes away or Ctrl-C.
  return new Promise<number>(() => {});
}

function nothingText({ shell, level }: LogRequest): string {
  const about = shell === undefined ? "" : ` about '${printable(shell)}'`;
  return `nothing${about} in the log${level === undefined ? "" : ` at ${level} or worse`}`;
}

/** Undefined for a line that was not asked for. */
export function format(
  line: string,
  { shell, level, json }: Pick<LogRequest, "shell" | "level" | "json">,
): string | undefined {
  let fields: Record<string, unknown>;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null) throw new Error("no object");
    fields = value as Record<string, unknown>;
  } catch {
    // Torn by a crash or a full disk: shown, when everything is.
    return shell === undefined && level === undefined && !json && line !== ""
      ? printable(line, 4000)
      : undefined;
  }
  const { level: ownLevel, time, msg, shell: ownShell, ...others } = fields;
  if (shell !== undefined && ownShell !== shell) return undefined;
  if (level !== undefined && rank(ownLevel) < rank(level)) return undefined;
  if (json) return jsonText(fields);
  const details = Object.entries(others).map(([key, value]) => `${key}=${detail(value)}`);
  const name = typeof ownShell === "string" ? `${ownShell}: ` : "";
  const text = [timeText(time), String(ownLevel ?? "").padEnd(5), `${name}${msg ?? ""}`, ...details].join(
    " ",
  );
  return printable(text, 4000).trimEnd();
}

/** `fatal`, and what we do not know, is worse than all. */
function rank(level: unknown): number {
  const index = (LOG_LEVELS as readonly unknown[]).indexOf(level);
  return index === -1 ? LOG_LEVELS.length : index;
}

function detail(value: unknown): string {
  if (typeof value === "string") return /^[\w./:@%+,-]+$/.test(value) ? value : JSON.stringify(value);
  const { message } = (value ?? {}) as { message?: unknown };
  return typeof message === "string" ? JSON.stringify(message) : JSON.stringify(value);
}

/** Local time; the date is there because logs are read days later. */
function timeText(time: unknown): string {
  const date = new Date(String(time));
  if (Number.isNaN(date.getTime())) return "-";
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
