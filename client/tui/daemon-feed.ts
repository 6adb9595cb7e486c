// The TUI's connection to the daemon: what happens to the shells, one screen that is watched, and the way back after a loss.
import { existsSync } from "node:fs";
import { AgentdError } from "../../shared/errors.js";
import type {
  HelloResult,
  MethodName,
  Params,
  Result,
  ScreenFrame,
  ShellEvent,
  ShellInfo,
} from "../../shared/rpc.js";
import { reachDaemon } from "../daemon/daemon-access.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";
import { findSocketPath } from "../daemon/socket-path.js";
import type { Link } from "./state.js";

type Environment = Readonly<Record<string, string | undefined>>;

export interface FeedHandlers {
  onLink(link: Link, error?: AgentdError): void;
  onHello(hello: HelloResult): void;
  onList(shells: readonly ShellInfo[]): void;
  onEvent(event: ShellEvent): void;
  onScreen(frame: ScreenFrame): void;
}

export interface Watch {
  readonly name: string;
  readonly rows: number;
}

const REACH_LIMIT_MS = 10_000;
const RETRY_MS = 500;

/**
 * Invariants: a daemon that died is started again, one that was stopped on purpose only by `connect`; at most one call about the
 * watched screen is under way, and the last wish wins.
 */
export class DaemonFeed {
  readonly #env: Environment;
  readonly #handlers: FeedHandlers;
  #connection: DaemonConnection | undefined;
  #wish: Watch | undefined;
  #watched: Watch | undefined;
  #isAsking = false;
  #retry: NodeJS.Timeout | undefined;
  /** Only what the last one brings counts: a newer one, or the end, makes it stale. */
  #attempt = 0;

  constructor(env: Environment, handlers: FeedHandlers) {
    this.#env = env;
    this.#handlers = handlers;
  }

  /** Connects, and starts a daemon when there is none. Failures are told to `onLink`, and tried again. */
  connect(): void {
    void this.#connect(true);
  }

  /** @throws AgentdError the daemon's own, or `daemon_unavailable` when there is no connection. */
  async call<M extends MethodName>(method: M, params: Params<M>, limitMs?: number): Promise<Result<M>> {
    if (this.#connection === undefined)
      throw new AgentdError("daemon_unavailable", "agentd is not connected");
    return this.#connection.call(method, params, limitMs);
  }

  /** From now on frames of this shell come; undefined: of none. */
  watch(wish: Watch | undefined): void {
    this.#wish = wish;
    void this.#follow();
  }

  close(): void {
    this.#attempt++;
    clearTimeout(this.#retry);
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
  }

  async #connect(start: boolean): Promise<void> {
    clearTimeout(this.#retry);
    const attempt = ++this.#attempt;
    const isLatest = () => attempt === this.#attempt;
    let connection: DaemonConnection | undefined;
    try {
      const reached = await reachDaemon(this.#env, { limitMs: REACH_LIMIT_MS, start });
      connection = reached;
      reached.follow(
        (method, params) => this.#handleNotification(method, params),
        () => this.#handleLoss(reached),
      );
      const { shells } = await reached.call("events.subscribe", {});
      if (!isLatest()) return reached.close();
      this.#connection = reached;
      this.#watched = undefined;
      this.#handlers.onHello(reached.hello);
      this.#handlers.onList(shells);
      this.#handlers.onLink("live");
      void this.#follow();
    } catch (thrown) {
      connection?.close();
      if (!isLatest()) return;
      if (start) this.#handlers.onLink("lost", AgentdError.from(thrown));
      this.#retryLater(start);
    }
  }

  #handleLoss(connection: DaemonConnection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    const died = this.#hasDied();
    this.#handlers.onLink(died ? "lost" : "waiting");
    if (died) void this.#connect(true);
    else this.#retryLater(false);
  }

  /** Whoever stops agentd in an orderly way takes its socket away; one that was killed leaves it. */
  #hasDied(): boolean {
    try {
      return existsSync(findSocketPath(this.#env));
    } catch {
      // The way there is not safe any more: connecting says what is wrong with it.
      return true;
    }
  }

  /** A daemon that somebody else starts is found, too. */
  #retryLater(start: boolean): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(start), RETRY_MS);
  }

  #handleNotification(method: string, params: unknown): void {
    if (method === "event") this.#handlers.onEvent(params as ShellEvent);
    else if (method === "screen") this.#handlers.onScreen(params as ScreenFrame);
  }

  async #follow(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      while (this.#connection !== undefined && !isSame(this.#wish, this.#watched)) {
        const wish = this.#wish;
        const connection = this.#connection;
        this.#watched = wish;
        try {
          if (wish === undefined) await connection.call("shell.unwatch", {});
          else await connection.call("shell.watch", wish);
        } catch {
          // The shell is gone, or the connection: an event says so, and the wish changes with it.
        }
      }
    } finally {
      this.#isAsking = false;
    }
  }
}

function isSame(a: Watch | undefined, b: Watch | undefined): boolean {
  return a?.name === b?.name && a?.rows === b?.rows;
}
