// InvokeAgentRuntimeCommand: one command in a fresh bash, its output as an event stream, its end as an exit code.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { ServerResponse } from "node:http";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { encodeChunk } from "./event-stream.js";
import { wrapExec } from "./exec-wrapper.js";
import type { Knobs } from "./knobs.js";
import { serviceEnv, serviceShell } from "./login-shell.js";
import { signalGroups } from "./process-groups.js";
import { Rejection } from "./rejection.js";
import type { RuntimeSession } from "./runtime-session.js";

export interface OneShotCommand {
  readonly command: string;
  readonly timeoutSeconds: number;
}

/** From the protocol: 1..65,536 bytes; 1..3600 s, 300 when nobody says. */
const MAX_COMMAND_BYTES = 65_536;
const MAX_TIMEOUT_SECONDS = 3600;
const DEFAULT_TIMEOUT_SECONDS = 300;
/** From the protocol: up to 64 KB of output per event; a character of UTF-16 is at most 3 bytes of UTF-8. */
const MAX_DELTA_CHARACTERS = 21_000;
/** From the protocol: the exit code of a failure that is the platform's. */
const PLATFORM_EXIT_CODE = -1;

/** @throws Rejection 400. */
export function parseCommand(body: Readonly<Record<string, unknown>>): OneShotCommand {
  const { command, timeout = DEFAULT_TIMEOUT_SECONDS } = body;
  if (typeof command !== "string" || command === "" || command.includes("\0"))
    throw new Rejection("ValidationException", "command must be a text that is not empty");
  if (Buffer.byteLength(command) > MAX_COMMAND_BYTES)
    throw new Rejection("ValidationException", `command must be at most ${MAX_COMMAND_BYTES} bytes`);
  const seconds = timeout as number;
  if (!Number.isInteger(timeout) || seconds < 1 || seconds > MAX_TIMEOUT_SECONDS)
    throw new Rejection("ValidationException", `timeout must be 1 to ${MAX_TIMEOUT_SECONDS} seconds`);
  return { command, timeoutSeconds: seconds };
}

/** Runs the command in `session` and writes its events to `response`, whose head is already written. */
export class OneShot {
  readonly #session: RuntimeSession;
  readonly #response: ServerResponse;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #timeout: NodeJS.Timeout;
  #outputBytes = 0;
  #timedOut = false;
  #failed = false;

  constructor(command: OneShotCommand, session: RuntimeSession, response: ServerResponse, knobs: Knobs) {
    this.#session = session;
    this.#response = response;
    const invocation = { ...serviceShell, args: ["-c", command.command] };
    const env = serviceEnv(session.root, knobs.term, knobs.env);
    const { file, args } = wrapExec(invocation, { umask: 0o022, env });
    // A group of its own, so that its end takes everything it started along.
    const cwd = knobs.cwd === "" ? session.root : knobs.cwd;
    this.#child = spawn(file, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.#timeout = setTimeout(() => {
      this.#timedOut = true;
      this.#kill();
    }, command.timeoutSeconds * 1000);
    session.commands.add(this);
    response.write(encodeChunk({ contentStart: {} }));
    this.#relay(this.#child.stdout, "stdout", knobs.commandOutputBytes);
    this.#relay(this.#child.stderr, "stderr", knobs.commandOutputBytes);
    this.#child.on("error", () => {
      this.#failed = true;
      this.#finish(PLATFORM_EXIT_CODE);
    });
    this.#child.on("close", (code, signal) => this.#finish(exitCodeOf(code, signal)));
    response.on("close", () => this.#kill());
  }

  /** The session ends: the stream stops without a last event. */
  abort(): void {
    this.#kill();
    this.#response.destroy();
  }

  #relay(stream: Readable, name: "stdout" | "stderr", maxBytes: number): void {
    const decoder = new TextDecoder();
    const write = (text: string) => {
      let flows = true;
      for (const delta of piecesOf(text))
        flows = this.#response.write(encodeChunk({ contentDelta: { [name]: delta } }));
      // Whoever has left drains nothing: what is still to come is read and thrown away, or the command would never be over.
      if (flows || this.#response.destroyed) return;
      stream.pause();
      this.#response.once("drain", () => stream.resume());
    };
    stream.on("data", (bytes: Buffer) => {
      this.#outputBytes += bytes.length;
      if (this.#outputBytes <= maxBytes) write(decoder.decode(bytes, { stream: true }));
      else {
        this.#failed = true;
        this.#kill();
      }
    });
    stream.on("end", () => write(decoder.decode()));
  }

  #kill(): void {
    if (this.#child.pid !== undefined && this.#session.commands.has(this))
      signalGroups([this.#child.pid], "SIGKILL");
  }

  #finish(exitCode: number): void {
    if (!this.#session.commands.delete(this)) return;
    clearTimeout(this.#timeout);
    this.#session.touch("call");
    const status = this.#timedOut ? "TIMED_OUT" : "COMPLETED";
    const code = this.#timedOut || this.#failed ? PLATFORM_EXIT_CODE : exitCode;
    this.#response.end(encodeChunk({ contentStop: { exitCode: code, status } }));
  }
}

/** Cuts text into deltas, never between the two halves of a character. */
function* piecesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const last = text.charCodeAt(at + MAX_DELTA_CHARACTERS - 1);
    const end = at + MAX_DELTA_CHARACTERS - (last >= 0xd800 && last < 0xdc00 ? 1 : 0);
    yield text.slice(at, end);
    at = end;
  }
}

function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
