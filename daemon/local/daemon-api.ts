// What only the daemon may ask, on its own Unix socket: start a shell from a specification, list shells, keep their screens, stop.
import type { IncomingMessage, ServerResponse } from "node:http";
import { AgentdError } from "../../shared/errors.js";
import { isRuntimeSessionId, isShellId, isShellName } from "../../shared/names.js";
import { isSize } from "../../shared/size.js";
import { answerCheckpoint, isCheckpointRequest } from "./checkpoint-api.js";
import { parseJsonObject, readBody } from "./http-body.js";
import { Rejection } from "./rejection.js";
import type { RuntimeSessions } from "./runtime-sessions.js";
import type { LocalShellSpec, Shells } from "./shells.js";

/** The runtime that the daemon's local shells are on. */
export const LOCAL_ARN = "arn:aws:bedrock-agentcore:local:000000000000:runtime/local";

/** A large environment is a few hundred kilobytes. */
const MAX_SPEC_BYTES = 4 * 1024 * 1024;

export class DaemonApi {
  readonly #sessions: RuntimeSessions;
  readonly #shells: Shells;
  readonly #onStop: () => void;

  constructor(sessions: RuntimeSessions, shells: Shells, onStop: () => void) {
    this.#sessions = sessions;
    this.#shells = shells;
    this.#onStop = onStop;
  }

  /** Answers a request below /agentd/. @throws Rejection. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (isCheckpointRequest(request)) return await answerCheckpoint(this.#shells, request, response);
    const body = await readBody(request, MAX_SPEC_BYTES);
    switch (`${request.method} ${request.url}`) {
      case "POST /agentd/shells":
        return await this.#create(parseSpec(parseJsonObject(body)), response);
      case "GET /agentd/shells":
        return sendJson(response, 200, { shells: this.#list() });
      case "POST /agentd/stop":
        sendJson(response, 202, {});
        return this.#onStop();
      default:
        throw new Rejection("ResourceNotFoundException", "no such resource");
    }
  }

  async #create(spec: LocalShellSpec, response: ServerResponse): Promise<void> {
    const session = await this.#sessions.open(LOCAL_ARN, spec.runtimeSessionId);
    if (session.shells.has(spec.shellId)) throw new Rejection("ConflictException", "the shell id is in use");
    try {
      const { pid, epoch } = this.#shells.startLocal(session, spec);
      sendJson(response, 201, { pid, epoch });
    } catch (cause) {
      if (session.shells.size === 0) session.end();
      const { code, message } = AgentdError.from(cause);
      sendJson(response, 422, { error: code, message });
    }
  }

  #list(): unknown[] {
    return this.#shells.all.map((shell) => ({
      runtimeSessionId: shell.runtimeSessionId,
      shellId: shell.shellId,
      name: shell.name,
      pid: shell.pid,
      epoch: shell.epoch,
      offset: shell.offset,
      ...shell.size,
      ...(shell.checkpoint === undefined ? {} : { checkpoint: shell.checkpoint.offset }),
      ...(shell.exit === undefined ? {} : { exit: shell.exit }),
    }));
  }
}

/** @throws Rejection 400 that names the bad field. */
function parseSpec(value: Readonly<Record<string, unknown>>): LocalShellSpec {
  const { runtimeSessionId, shellId, name, command, cwd, env, cols, rows, umask } = value;
  const need = (ok: boolean, field: string) => {
    if (!ok) throw new Rejection("ValidationException", `bad ${field}`);
  };
  need(typeof runtimeSessionId === "string" && isRuntimeSessionId(runtimeSessionId), "runtimeSessionId");
  need(typeof shellId === "string" && isShellId(shellId), "shellId");
  need(typeof name === "string" && isShellName(name), "name");
  need(command === undefined || (Array.isArray(command) && command.every(isPlainText)), "command");
  need(command === undefined || (command as unknown[]).length > 0, "command");
  need(isPlainText(cwd) && cwd.startsWith("/"), "cwd");
  need(isEnv(env), "env");
  need(isSize(cols, rows), "size");
  need(
    umask === undefined || (Number.isInteger(umask) && (umask as number) >= 0 && (umask as number) <= 0o777),
    "umask",
  );
  return { ...(value as unknown as LocalShellSpec), size: { cols: cols as number, rows: rows as number } };
}

/** Text that can be an argument: execve ends one at a zero byte. */
function isPlainText(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0");
}

function isEnv(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([name, text]) => name !== "" && !/[=\0]/.test(name) && isPlainText(text),
  );
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
