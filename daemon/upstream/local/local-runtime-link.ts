// Talks to the local runtime over its Unix socket, and starts it when it is not there.
import { AgentdError } from "../../../shared/errors.js";
import { printable } from "../../../shared/names.js";
import type { ShellExit } from "../../../shared/status.js";
import type { UpstreamIds } from "../target.js";
import { requestRuntime } from "./runtime-request.js";

/** What a local shell is made of. */
export interface LocalShellSpec extends UpstreamIds {
  readonly name: string;
  /** Program and arguments; absent: the `SHELL` of `env`, as a login shell. */
  readonly command?: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cols: number;
  readonly rows: number;
  /** The client's file mode mask; absent: 022. */
  readonly umask?: number;
}

/** A shell that the local runtime holds, or whose end nobody has fetched yet. */
export interface LocalShellInfo extends UpstreamIds {
  readonly name: string;
  readonly pid: number;
  readonly epoch: string;
  /** Absolute STDOUT offset after the newest byte. */
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  /** The offset of the checkpoint that is kept of it. */
  readonly checkpoint?: number;
  readonly exit?: ShellExit;
}

export interface LocalRuntimeLinkOptions {
  readonly socketPath: string;
  /** Starts the program and resolves once it listens. Never called twice at a time. */
  start(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Our bound: a list of a thousand shells is a few hundred kilobytes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** The runtime answers in milliseconds; on a machine that is out of breath, in seconds. */
const ANSWER_TIMEOUT_MS = 15_000;

/** One that meets a runtime which is just ending, one that meets nobody, and one after the start. */
const MAX_ATTEMPTS = 3;

/** Nobody serves the socket: no request was received by anyone. */
const NOBODY = new Set(["ENOENT", "ECONNREFUSED"]);
/** It went away in the middle: it ends by itself when it is idle, and may do so just now. */
const GOING = new Set(["ECONNRESET", "EPIPE"]);

export class LocalRuntimeLink {
  readonly socketPath: string;
  readonly #start: () => Promise<void>;
  #starting: Promise<void> | undefined;
  /** How many starts have succeeded. */
  #starts = 0;

  constructor(options: LocalRuntimeLinkOptions) {
    this.socketPath = options.socketPath;
    this.#start = () => options.start();
  }

  /**
   * Starts a shell, and the runtime before it when necessary.
   * @throws AgentdError `spawn_failed` with the runtime's words; `name_taken` when a shell has these ids already.
   */
  async createShell(spec: LocalShellSpec): Promise<{ pid: number; epoch: string }> {
    let repeated = false;
    let answer: Answer | undefined;
    for (let attempt = 1; answer === undefined; attempt++) {
      const startsBefore = this.#starts;
      try {
        answer = await this.#call("POST", "/agentd/shells", spec);
      } catch (error) {
        const code = codeOf(error);
        if (attempt === MAX_ATTEMPTS || (!NOBODY.has(code) && !GOING.has(code))) throw unreachable(error);
        if (NOBODY.has(code)) await this.#ensureRunning(startsBefore);
        else repeated = true;
      }
    }
    // An earlier request may have made the shell and lost only its answer.
    if (answer.status === 409 && repeated) {
      const made = (await this.listShells()).find((shell) => shell.shellId === spec.shellId);
      if (made !== undefined) return { pid: made.pid, epoch: made.epoch };
    }
    const { pid, epoch } = answer.body;
    if (answer.status === 201 && typeof pid === "number" && typeof epoch === "string") return { pid, epoch };
    const said = answer.body["message"] ?? answer.body["error"];
    const why = typeof said === "string" ? printable(said) : `the local runtime answered ${answer.status}`;
    throw answer.status === 409
      ? new AgentdError("name_taken", `a local shell with these ids exists · ${why}`)
      : new AgentdError("spawn_failed", `cannot start the shell · ${why}`);
  }

  /** The shells the runtime holds; none when it is not running. @throws AgentdError `unreachable`. */
  async listShells(): Promise<readonly LocalShellInfo[]> {
    try {
      const { body } = await this.#call("GET", "/agentd/shells");
      const shells = body["shells"];
      return Array.isArray(shells) ? (shells as LocalShellInfo[]) : [];
    } catch (error) {
      if (NOBODY.has(codeOf(error))) return [];
      throw unreachable(error);
    }
  }

  /** Ends all local shells and the runtime; done when it has accepted that, or is not running. */
  async stop(): Promise<void> {
    try {
      await this.#call("POST", "/agentd/stop");
    } catch (error) {
      // Without an answer it has ended just now: that is what was asked for.
      if (!NOBODY.has(codeOf(error)) && !GOING.has(codeOf(error))) throw unreachable(error);
    }
  }

  /** Several shells that are made at once share one start, even one that ended while their request was failing. */
  async #ensureRunning(startsBefore: number): Promise<void> {
    if (this.#starts > startsBefore) return;
    this.#starting ??= this.#start()
      .then(() => {
        this.#starts += 1;
      })
      .finally(() => {
        this.#starting = undefined;
      });
    try {
      await this.#starting;
    } catch (cause) {
      if (cause instanceof AgentdError) throw cause;
      throw new AgentdError("spawn_failed", "the local runtime could not be started", { cause });
    }
  }

  async #call(method: "GET" | "POST", path: string, body?: unknown): Promise<Answer> {
    const { status, bytes } = await requestRuntime({
      socketPath: this.socketPath,
      method,
      path,
      agent: false,
      contentType: "application/json",
      body: Buffer.from(body === undefined ? "" : JSON.stringify(body)),
      timeoutMs: ANSWER_TIMEOUT_MS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
    return { status, body: parseBody(bytes) };
  }
}

function parseBody(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function unreachable(cause: unknown): AgentdError {
  if (cause instanceof AgentdError) return cause;
  const why = cause instanceof Error ? printable(cause.message, 100) : "unknown reason";
  return new AgentdError("unreachable", `cannot talk to the local runtime · ${why}`, { cause });
}
