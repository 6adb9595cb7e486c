// The upgrade request of a shell: checks in the service's order, the 101 with its headers, and the attachment.
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { BEARER_SUBPROTOCOL } from "./authorize.js";
import type { Knobs } from "./knobs.js";
import type { LocalShell } from "./local-shell.js";
import { Rejection } from "./rejection.js";
import { parseHave, type ReplayPlan } from "./replay-plan.js";
import { isSessionId, isValidShellId, type Route, SESSION_HEADER, sessionIdsOf } from "./route.js";
import type { RuntimeSession } from "./runtime-session.js";
import { busy, type RuntimeSessions } from "./runtime-sessions.js";
import type { ShellRequest, Shells } from "./shells.js";

const SHELL_SUBPROTOCOL = "v1.command.agentcore.aws.dev";

export class ShellEndpoint {
  readonly #knobs: Knobs;
  readonly #sessions: RuntimeSessions;
  readonly #shells: Shells;
  readonly #server: WebSocketServer;
  /** What the 101 of a request carries besides the handshake. */
  readonly #headers = new WeakMap<IncomingMessage, Readonly<Record<string, string>>>();

  constructor(knobs: Knobs, sessions: RuntimeSessions, shells: Shells) {
    this.#knobs = knobs;
    this.#sessions = sessions;
    this.#shells = shells;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: knobs.maxMessageBytes + (knobs.channelByteCounts ? 0 : 1),
      perMessageDeflate: knobs.perMessageDeflate,
      skipUTF8Validation: true,
      handleProtocols: (offers) => selectProtocol(offers, knobs.subprotocolEcho),
    });
    this.#server.on("headers", (lines, request) => {
      for (const [name, value] of Object.entries(this.#headers.get(request) ?? {}))
        lines.push(`${name}: ${value}`);
    });
  }

  /**
   * Answers an authorized upgrade request. Shell, plan and 101 are made in one turn, so that the offset in the header is
   * that of the first byte sent. @throws Rejection; then the socket is still the caller's.
   */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, route: Route): Promise<void> {
    const sessionId = sessionIdOf(request, route, this.#knobs) ?? randomUUID();
    const shellId = this.#shellIdOf(route);
    checkHandshake(request);
    const { exactMode } = this.#knobs;
    const have = exactMode ? parseHave(request.headers["x-agentd-have"]) : undefined;
    const attachOnly = exactMode && request.headers["x-agentd-attach-only"] === "1";
    const known = this.#sessions.find(route.arn, sessionId);
    const wanted: ShellRequest = { sessionId, session: known, shellId, have, attachOnly };
    const mayOpen = !attachOnly && !this.#shells.hasEnded(wanted);
    const session = mayOpen ? await this.#sessions.open(route.arn, sessionId) : known;
    const release = await this.#claim(session, shellId);
    try {
      if (!socket.destroyed) this.#attach(request, socket, head, { ...wanted, session });
    } finally {
      release();
    }
  }

  #attach(request: IncomingMessage, socket: Duplex, head: Buffer, wanted: ShellRequest): void {
    const { shell, reconnected } = this.#shells.open(wanted);
    const plan = shell.planAttach(wanted.have);
    this.#headers.set(request, {
      [SESSION_HEADER]: wanted.sessionId,
      "x-amzn-bedrock-agentcore-shell-id": shell.shellId,
      ...(this.#knobs.exactMode ? exactHeaders(shell, plan) : {}),
    });
    let upgraded = false;
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      upgraded = true;
      shell.attach(webSocket, plan, reconnected);
    });
    // The handshake was sound, so only a socket that died in this turn leads here: a shell nobody knows of must not stay.
    if (!upgraded && !reconnected) shell.kill();
  }

  /** Two requests for one new shell at once, or a shell that takes its time: never two programs for one id. */
  async #claim(session: RuntimeSession | undefined, shellId: string | undefined): Promise<() => void> {
    const { coldStartMs, claimRace } = this.#knobs;
    const isNew = session !== undefined && (shellId === undefined || !session.shells.has(shellId));
    if (session === undefined || !isNew || coldStartMs === 0) return () => undefined;
    if (shellId !== undefined) {
      if (session.claims.has(shellId) && claimRace === "conflict")
        throw new Rejection("ConflictException", "another connection is claiming this shell");
      session.claims.add(shellId);
    }
    await delay(coldStartMs);
    if (session.hasEnded) throw busy();
    return () => shellId !== undefined && session.claims.delete(shellId);
  }

  #shellIdOf({ query }: Route): string | undefined {
    const shellId = query.get("shellId");
    if (shellId === null || isValidShellId(shellId, this.#knobs.shellIdPattern)) return shellId ?? undefined;
    const message = "shellId must be 1 to 128 of A-Z a-z 0-9 _ -";
    if (this.#knobs.badShellIdStatus === 400) throw new Rejection("ValidationException", message);
    throw new Rejection("RuntimeClientError", message, { error: "InvalidShellId" });
  }
}

/** The session id in force, or undefined when the request names none. @throws Rejection 400. */
export function sessionIdOf(request: IncomingMessage, route: Route, knobs: Knobs): string | undefined {
  const ids = sessionIdsOf(request, route.query);
  if (ids.header !== undefined && ids.query !== undefined && ids.header !== ids.query) {
    if (knobs.sessionIdConflict === "reject")
      throw new Rejection("ValidationException", "two different session ids");
  }
  const id = ids.header ?? ids.query;
  if (id === undefined || isSessionId(id)) return id;
  throw new Rejection("ValidationException", "the session id must have 33 to 256 characters");
}

/** Exact mode: which incarnation answers, and where its stream begins. */
function exactHeaders(shell: LocalShell, plan: ReplayPlan): Readonly<Record<string, string>> {
  return {
    "x-agentd-epoch": shell.epoch,
    "x-agentd-offset": String(plan.from),
    "x-agentd-end": String(plan.end),
    "x-agentd-pid": String(shell.pid),
  };
}

/** What `ws` would refuse after a shell was started. */
function checkHandshake({ method, headers }: IncomingMessage): void {
  const key = headers["sec-websocket-key"] ?? "";
  const sound =
    method === "GET" &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    /^[+/0-9A-Za-z]{22}==$/.test(key) &&
    headers["sec-websocket-version"] === "13" &&
    /^[\x21-\x7e]+(?:[ \t]*,[ \t]*[\x21-\x7e]+)*$/.test(headers["sec-websocket-protocol"] ?? "-");
  if (!sound) throw new Rejection("ValidationException", "not a sound WebSocket handshake");
}

/** The sentinel of the bearer form must be selected (clients abort otherwise); the protocol's own name may be. */
function selectProtocol(offers: ReadonlySet<string>, echo: boolean): string | false {
  if (offers.has(BEARER_SUBPROTOCOL)) return BEARER_SUBPROTOCOL;
  return echo && offers.has(SHELL_SUBPROTOCOL) ? SHELL_SUBPROTOCOL : false;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
