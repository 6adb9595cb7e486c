// The service's side of the protocol as an HTTP server: routes, authorizes, and hands requests to shells, commands and sessions.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { authorize } from "./authorize.js";
import { DaemonApi, LOCAL_ARN } from "./daemon-api.js";
import { parseJsonObject, readBody } from "./http-body.js";
import { OneShot, parseCommand } from "./one-shot.js";
import { Rejection, sendRejection, sendUpgradeRejection } from "./rejection.js";
import { isRuntimeArn, parseRoute, type Route, SESSION_HEADER } from "./route.js";
import type { RuntimeConfig } from "./runtime-config.js";
import { RuntimeSessions } from "./runtime-sessions.js";
import { ShellEndpoint, sessionIdOf } from "./shell-endpoint.js";
import { Shells } from "./shells.js";

export interface LocalRuntimeOptions {
  readonly config: RuntimeConfig;
  /** Offer the daemon's own requests: only on a socket that nobody else can open. */
  readonly daemonApi: boolean;
  /** Wall clock, for signatures. */
  readonly now?: () => Date;
  /** POST /agentd/stop was answered. */
  onStop?(): void;
  /** A shell or a connection ended: perhaps nothing is left to do. */
  onChange?(): void;
}

/** A command of 65,536 bytes, written with JSON escapes, and room for the rest. */
const MAX_BODY_BYTES = 512 * 1024;
const HEADER_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** Owns everything that the runtime runs. The caller makes `server` listen, and calls `stop`. */
export class LocalRuntime {
  readonly server: Server;
  readonly #config: RuntimeConfig;
  readonly #now: () => Date;
  readonly #sessions: RuntimeSessions;
  /** What runs, and what has ended and is still known. */
  readonly shells: Shells;
  readonly #endpoint: ShellEndpoint;
  readonly #daemonApi: DaemonApi | undefined;
  readonly #connections = new Set<Socket>();

  constructor({ config, daemonApi, now, onStop, onChange }: LocalRuntimeOptions) {
    this.#config = config;
    this.#now = now ?? (() => new Date());
    const changed = () => onChange?.();
    this.#sessions = new RuntimeSessions(config.knobs);
    this.shells = new Shells(config.knobs, this.#sessions, changed);
    this.#endpoint = new ShellEndpoint(config.knobs, this.#sessions, this.shells);
    if (daemonApi) this.#daemonApi = new DaemonApi(this.#sessions, this.shells, () => onStop?.());
    const limits = { headersTimeout: HEADER_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
    this.server =
      config.tls === undefined ? createServer(limits) : createTlsServer({ ...config.tls, ...limits });
    // A connection for which there was no descriptor: no reason to end, with all shells. Not listening: who asked for it says so.
    this.server.on("error", (error) => {
      if (this.server.listening) console.error(error);
    });
    this.server.on("request", (request, response) => void this.#answer(request, response));
    this.server.on("upgrade", (request, socket, head) => void this.#upgrade(request, socket, head));
    this.server.on("connection", (socket) => {
      this.#connections.add(socket);
      socket.on("close", () => {
        this.#connections.delete(socket);
        changed();
      });
    });
  }

  /** True while there is a connection, a shell, or an exit that a client has yet to learn. */
  get isNeeded(): boolean {
    return this.#connections.size > 0 || this.shells.needed;
  }

  /** Ends every session, the daemon's shells first by hang-up, then kill; closes the server with its connections. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    if (this.#daemonApi !== undefined) await this.shells.killAll();
    this.#sessions.endAll();
    // What was still being sent (an exit status) leaves with the end of the stream.
    for (const socket of this.#connections) socket.end();
    const cut = setTimeout(() => {
      for (const socket of this.#connections) socket.destroy();
    }, 500);
    await closed;
    clearTimeout(cut);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that goes away while it is being answered is no event.
    response.on("error", () => undefined);
    try {
      if (this.#daemonApi !== undefined && request.url?.startsWith("/agentd/"))
        return await this.#daemonApi.answer(request, response);
      const route = parseRoute(request.url ?? "");
      if (route === undefined || request.method !== "POST" || route.operation === "shell")
        throw new Rejection("ResourceNotFoundException", "no such resource");
      const body = await readBody(request, MAX_BODY_BYTES);
      this.#admit(request, route, body);
      if (route.operation === "command") await this.#runCommand(request, response, route, body);
      else this.#stopSession(request, response, route);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else sendRejection(response, this.#reject(error));
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const ignore = () => undefined;
    socket.on("error", ignore);
    try {
      const route = parseRoute(request.url ?? "");
      if (route?.operation !== "shell") throw new Rejection("ResourceNotFoundException", "no such resource");
      this.#admit(request, route, new Uint8Array());
      await this.#endpoint.upgrade(request, socket, head, route);
    } catch (error) {
      if (!socket.destroyed) sendUpgradeRejection(socket, this.#reject(error));
    }
  }

  /** Authorization first, then existence: who may not connect learns nothing. */
  #admit(request: IncomingMessage, route: Route, body: Uint8Array): void {
    const { access, knobs, runtimes } = this.#config;
    const address = this.server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    authorize(request, route, body, { access, knobs, port, now: this.#now() });
    const exists = this.#daemonApi === undefined ? isRuntimeArn(route.arn) : route.arn === LOCAL_ARN;
    if (!exists || runtimes?.includes(route.arn) === false)
      throw new Rejection("ResourceNotFoundException", "the runtime does not exist");
  }

  async #runCommand(
    request: IncomingMessage,
    response: ServerResponse,
    route: Route,
    body: Uint8Array,
  ): Promise<void> {
    const command = parseCommand(parseJsonObject(body));
    const { knobs } = this.#config;
    const id = sessionIdOf(request, route, knobs) ?? randomUUID();
    const session = await this.#sessions.open(route.arn, id);
    if (response.destroyed) return;
    response.writeHead(200, {
      "content-type": "application/vnd.amazon.eventstream",
      [SESSION_HEADER]: id,
    });
    new OneShot(command, session, response, knobs);
  }

  #stopSession(request: IncomingMessage, response: ServerResponse, route: Route): void {
    const id = sessionIdOf(request, route, this.#config.knobs);
    if (id === undefined) throw new Rejection("ValidationException", "the session id is missing");
    this.#sessions.stop(route.arn, id);
    response.writeHead(200, { "content-type": "application/json", [SESSION_HEADER]: id });
    response.end("{}");
  }

  /** An expected refusal as it is; anything else is a fault of ours, which the caller hears as 500 and the operator in full. */
  #reject(error: unknown): Rejection {
    if (!(error instanceof Rejection)) console.error(error);
    return Rejection.from(error);
  }
}
