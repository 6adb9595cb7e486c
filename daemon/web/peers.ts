// All WebSockets of the web terminal: how many there may be, whose pass they show, and how they are sent home.
import type { WebSocket } from "ws";
import { AgentdError } from "../../shared/errors.js";
import type { Call } from "../server/connection.js";
import { type MethodTable, RpcServer } from "../server/rpc-server.js";
import type { ServerLog } from "../server/server-log.js";
import { WebClose } from "./close.js";
import type { WebKeys } from "./keys.js";
import { type FailureLimit, WEB_LIMITS } from "./limits.js";
import { webMethods, withHome } from "./methods.js";
import type { WebPass } from "./pass.js";
import { WebPeer } from "./peer.js";

export interface WebPeersOptions {
  readonly log: ServerLog;
  readonly version: string;
  readonly failures: FailureLimit;
  /** For local shells that a page asks for. */
  readonly home: { readonly cwd: string; readonly env: Readonly<Record<string, string>> };
  /** All methods; what a page may call of them, methods.ts says. */
  readonly methods: () => MethodTable<Call>;
  readonly tokenMs?: number;
}

export class WebPeers {
  readonly #options: WebPeersOptions;
  /** In order of arrival. */
  readonly #peers = new Set<WebPeer>();
  /** With which a shell's stream ends. */
  endCode: number = WebClose.Normal;

  constructor(options: WebPeersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** How many sockets show this pass. */
  of(id: string): number {
    return this.#count((peer) => peer.pass?.id === id);
  }

  /** Takes over a new WebSocket; of those that show nothing, the oldest makes room. */
  accept(socket: WebSocket, keys: WebKeys): void {
    const { log, version, home, methods, failures, tokenMs } = this.#options;
    const peer: WebPeer = new WebPeer({
      socket,
      log: log.child({ web: true }),
      version,
      now: () => performance.now(),
      ...(tokenMs === undefined ? {} : { tokenMs }),
      open: (token) => {
        const pass = keys.open(token);
        if (pass === undefined) {
          if (failures.isClosed) throw new AgentdError("too_busy", "too many wrong tokens · wait a minute");
          failures.count();
          return undefined;
        }
        this.#checkRoom(pass);
        return { pass, rpc: new RpcServer(webMethods(methods(), pass)) };
      },
      endCode: () => this.endCode,
      complete: (request) => withHome(request, home),
    });
    this.#peers.add(peer);
    peer.onClose(() => this.#peers.delete(peer));
    this.#boundStrangers();
  }

  /** Of too many the oldest is told to go; and who does not go, goes at once when as many again wait for that. */
  #boundStrangers(): void {
    const strangers = [...this.#peers].filter(({ pass }) => pass === undefined);
    const waiting = strangers.filter(({ isEnded }) => !isEnded);
    if (waiting.length > WEB_LIMITS.sockets) waiting[0]?.close(WebClose.TryLater, "others came");
    if (strangers.length > 2 * WEB_LIMITS.sockets) strangers[0]?.destroy();
  }

  /** A pass that has run out takes its sockets with it; one whose sockets are open is in use. */
  sweep(keys: WebKeys): void {
    for (const { pass } of this.#peers) if (pass !== undefined) keys.touch(pass.id);
    keys.sweep();
    for (const peer of this.#peers) {
      if (peer.pass !== undefined && !keys.has(peer.pass.id)) peer.close(WebClose.Ended, "its time is over");
    }
  }

  /** Closes the sockets that show one of these passes. */
  revoke(ids: readonly string[]): void {
    for (const peer of this.#peers)
      if (peer.pass !== undefined && ids.includes(peer.pass.id)) peer.close(WebClose.Revoked, "revoked");
  }

  /** Closes all; resolves when they are gone. */
  async close(code: number, reason: string): Promise<void> {
    const peers = [...this.#peers];
    for (const peer of peers) peer.close(code, reason);
    await Promise.all(peers.map((peer) => peer.gone()));
  }

  /** @throws AgentdError `too_busy`, in words for a page that fit a close frame. */
  #checkRoom({ id, kind }: WebPass): void {
    const { linkSockets, sockets } = WEB_LIMITS;
    if (kind === "link" && this.of(id) >= linkSockets)
      throw new AgentdError("too_busy", `${linkSockets} sockets of this link are open · close a tab`);
    if (this.#count((peer) => peer.pass?.kind === kind) >= sockets)
      throw new AgentdError("too_busy", `${sockets} sockets are open · close a tab`);
  }

  #count(test: (peer: WebPeer) => boolean): number {
    return [...this.#peers].filter(test).length;
  }
}
