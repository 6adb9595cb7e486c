// All connected clients: how many there may be, and how they are sent home.
import type { Socket } from "node:net";
import { AgentdError } from "../../shared/errors.js";
import type { Call } from "./connection.js";
import { Peer } from "./peer.js";
import type { RpcServer } from "./rpc-server.js";
import type { ServerLog } from "./server-log.js";

/** Clients that have said hello (docs/protocol.md). */
const MAX_CLIENTS = 64;
/** Connections that have not: they cost little and last 2 s; the oldest makes room, so that idle ones never keep a client out. */
const MAX_STRANGERS = 128;

export interface PeersOptions {
  readonly rpc: RpcServer<Call>;
  readonly log: ServerLog;
  readonly now: () => number;
  readonly helloTimeoutMs?: number;
}

export class Peers {
  readonly #options: PeersOptions;
  /** In order of arrival. */
  readonly #peers = new Set<Peer>();
  #lastNumber = 0;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** How many clients have said hello. */
  get clients(): number {
    return [...this.#peers].filter((peer) => peer.greeted).length;
  }

  /** Takes over a new connection, whose socket must allow half-open streams. */
  accept(socket: Socket): void {
    const peer = new Peer({
      ...this.#options,
      socket,
      log: this.#options.log.child({ connection: ++this.#lastNumber }),
      admit: () => this.#admit(),
    });
    this.#peers.add(peer);
    peer.onClose(() => this.#peers.delete(peer));
    const strangers = [...this.#peers].filter((candidate) => !candidate.greeted);
    if (strangers.length > MAX_STRANGERS) strangers[0]?.destroy();
  }

  /** Ends every connection after what was written to it; resolves when all have ended. */
  async close(): Promise<void> {
    const ends = [...this.#peers].map((peer) => new Promise<void>((resolve) => peer.onClose(resolve)));
    for (const peer of this.#peers) peer.close();
    await Promise.all(ends);
  }

  #admit(): void {
    if (this.clients < MAX_CLIENTS) return;
    throw new AgentdError("too_busy", `${MAX_CLIENTS} clients are connected already · close some of them`);
  }
}
