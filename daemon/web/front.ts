// The HTTP side of the web terminal: every request judged first, then answered from memory or turned into a WebSocket.
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { isShallowJson } from "../server/json-depth.js";
import type { ServerLog } from "../server/server-log.js";
import type { WebAsset } from "./assets.js";
import { judge, type WebVerdict } from "./door.js";
import { securityHeaders } from "./headers.js";
import type { WebKeys } from "./keys.js";
import { type FailureLimit, WEB_LIMITS } from "./limits.js";
import { hostsOf, type WebPlace } from "./place.js";

/** The sub-protocol of the page; see docs/protocol.md. */
export const WEB_PROTOCOL = "agentd.v1";
const MAX_JSON_DEPTH = 4;
const ENDED = "this link has ended · agentd web prints a new one";

export interface WebFrontOptions {
  readonly assets: ReadonlyMap<string, WebAsset>;
  readonly keys: WebKeys;
  readonly failures: FailureLimit;
  readonly log: ServerLog;
  onSocket(socket: WebSocket): void;
  /** A pass has changed; resolves when that is saved. */
  onChange(): Promise<void>;
}

/** Invariant: no code of ours sees a request before `judge` has allowed it, and every answer carries the security headers. */
export class WebFront {
  readonly #options: WebFrontOptions;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: WEB_LIMITS.messageBytes,
    maxFragments: WEB_LIMITS.fragments,
    handleProtocols: (offers) => (offers.has(WEB_PROTOCOL) ? WEB_PROTOCOL : false),
  });

  constructor(options: WebFrontOptions) {
    this.#options = options;
    // A handshake that is none: answered like everything else.
    this.#sockets.on("wsClientError", (_, socket) => refuseRaw(socket, 400));
  }

  /** Answers what comes to `server`, which listens at `place`. */
  attend(server: Server, place: WebPlace): void {
    const { log } = this.#options;
    const hosts = hostsOf(place);
    const verdictOf = (request: IncomingMessage, isUpgrade: boolean) =>
      judge(
        { method: request.method ?? "", url: request.url ?? "", rawHeaders: request.rawHeaders, isUpgrade },
        hosts,
      );
    server.on("request", (request, response) => {
      this.#answer(request, response, verdictOf(request, false)).catch((error: unknown) => {
        log.debug({ err: error }, "web request broke off");
        response.destroy();
      });
    });
    server.on("upgrade", (request, socket, head) =>
      this.#upgrade(request, socket, head, verdictOf(request, true)),
    );
    // A body announced with questions is no browser's.
    const refuse = (_: IncomingMessage, response: ServerResponse) =>
      say(response, 417, { code: "refused", message: "no expectations" });
    server.on("checkContinue", refuse);
    server.on("checkExpectation", refuse);
    // A connection for which there was no descriptor: without a listener it would end the daemon.
    server.on("error", (error) => log.warn({ err: error }, "web terminal could not take a connection"));
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      if (error.code === "ECONNRESET" || !socket.writable) socket.destroy();
      else refuseRaw(socket, statusOfError(error.code));
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse, verdict: WebVerdict): Promise<void> {
    // Whatever else it wanted to send, it is not read.
    if (verdict.kind === "refuse") {
      this.#options.log.debug({ status: verdict.status, reason: verdict.why }, "web request refused");
      say(response, verdict.status, { code: "refused", message: verdict.why }, verdict.host);
      return;
    }
    const { route, host } = verdict;
    if (route.kind === "asset") {
      this.#sendAsset(route.name, response, host);
      return;
    }
    const { keys, onChange } = this.#options;
    const body = await readJson(request);
    if (typeof body === "number") {
      say(response, body, { code: "refused", message: "a small JSON object is wanted" }, host);
      return;
    }
    if (route.kind === "prove") {
      const proof = keys.prove(body["tokenId"], body["nonce"], host);
      if (proof === undefined) this.#sayEnded(response, host);
      else send(response, 200, { proof }, host);
      return;
    }
    const exchanged = keys.exchange(body["key"], body["nonce"], host);
    if (exchanged === undefined) {
      this.#sayEnded(response, host);
      return;
    }
    // A token that the next daemon would not know is worth little.
    await onChange();
    const { token, proof, scope, id } = exchanged;
    this.#options.log.info({ id }, "web address opened");
    send(response, 200, { token, proof, scope }, host);
  }

  /** To a key or token that is wrong. */
  #sayEnded(response: ServerResponse, host: string): void {
    const { failures } = this.#options;
    if (failures.isClosed) {
      say(response, 429, { code: "too_busy", message: "too many wrong tokens · wait a minute" }, host);
      return;
    }
    failures.count();
    say(response, 401, { code: "ended", message: ENDED }, host);
  }

  #sendAsset(name: string, response: ServerResponse, host: string): void {
    const asset = this.#options.assets.get(name);
    if (asset === undefined) {
      say(response, 404, { code: "refused", message: "nothing is here" }, host);
      return;
    }
    response.writeHead(200, {
      ...securityHeaders(host),
      "Content-Type": asset.type,
      "Content-Length": asset.content.length,
    });
    response.end(asset.content);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, verdict: WebVerdict): void {
    // Until it is ws's; who breaks off here has nobody to tell.
    const ignore = () => {};
    socket.on("error", ignore);
    const offers = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((offer) => offer.trim());
    const status =
      verdict.kind === "refuse" ? verdict.status : offers.includes(WEB_PROTOCOL) ? undefined : 400;
    if (status !== undefined) {
      refuseRaw(socket, status, verdict.host);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off("error", ignore);
      this.#options.onSocket(webSocket);
    });
  }
}

/** The body as a JSON object, or the status that says what is wrong with it. */
async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>> | number> {
  // What a form of another site can send is never of this type.
  if (!/^application\/json(?:;|$)/i.test(request.headers["content-type"] ?? "")) return 415;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > WEB_LIMITS.bodyBytes) return 413;
    chunks.push(chunk);
  }
  const json = Buffer.concat(chunks);
  if (!isShallowJson(json, MAX_JSON_DEPTH)) return 400;
  try {
    const value: unknown = JSON.parse(json.toString("utf8"));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return 400;
    return value as Record<string, unknown>;
  } catch {
    return 400;
  }
}

interface Problem {
  readonly code: string;
  readonly message: string;
}

/** Refuses; the connection ends with it. */
function say(response: ServerResponse, status: number, error: Problem, host?: string): void {
  send(response, status, { error }, host);
}

function send(response: ServerResponse, status: number, value: object, host?: string): void {
  const content = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, {
    ...securityHeaders(host),
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": content.length,
    ...(status === 200 ? {} : { Connection: "close" }),
    ...(status === 429 ? { "Retry-After": "60" } : {}),
  });
  response.end(content);
}

/** The same where there is no response object: an upgrade, or something that is no HTTP. */
function refuseRaw(socket: Duplex, status: number, host?: string): void {
  const headers = Object.entries({ ...securityHeaders(host), Connection: "close", "Content-Length": "0" });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines}\r\n`, () => socket.destroy());
}

function statusOfError(code: string | undefined): number {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
}
