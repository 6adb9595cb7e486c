// The web terminal: turned on and off, its links made and revoked, its tabs served again by the next daemon.
import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { Params, Result, ShellEvent } from "../../shared/rpc.js";
import type { Disk } from "../shell/disk.js";
import { loadWebAssets } from "./web-assets.js";
import { WebClose } from "./web-close.js";
import { WebFront } from "./web-front.js";
import { WebKeys } from "./web-keys.js";
import { FailureLimit } from "./web-limits.js";
import { listenOnLoopback, listenOnSocket, type WebListener } from "./web-listener.js";
import type { WebPass } from "./web-pass.js";
import { WebPeers, type WebPeersOptions } from "./web-peers.js";
import { urlOf, type WebPlace } from "./web-place.js";
import { type WebState, WebStore } from "./web-store.js";

/** How soon the sockets of a pass that has run out are closed; and how often a port that is taken is tried again. */
const SWEEP_MS = 500;
const RETRY_MS = 5000;
/** That a pass is in use is saved no more often than this. */
const SAVE_USE_MS = 10 * 60_000;

export interface WebServerOptions extends Pick<WebPeersOptions, "log" | "version" | "home" | "methods"> {
  readonly stateDirectory: string;
  /** Where the page's files are. */
  readonly assetsDirectory: string;
  readonly disk: Disk;
  readonly hasShell: (name: string) => boolean;
  readonly subscribe: (listener: (event: ShellEvent) => void) => () => void;
  /** Shorter in tests. */
  readonly limits?: { readonly requestMs?: number; readonly tokenMs?: number };
}

interface Running {
  readonly keys: WebKeys;
  readonly front: WebFront;
  readonly listeners: WebListener[];
  readonly stop: () => void;
}

/** Invariant: while it is off, nothing listens, no pass exists, and no file says otherwise. */
export class WebServer {
  readonly #options: WebServerOptions;
  readonly #store: WebStore;
  readonly #failures = new FailureLimit(() => performance.now());
  readonly #peers: WebPeers;
  #running: Running | undefined;
  /** Starts and stops follow each other. */
  #turn: Promise<unknown> = Promise.resolve();
  #savedAt = 0;

  constructor(options: WebServerOptions) {
    this.#options = options;
    this.#store = new WebStore(options.stateDirectory, options.disk, options.log);
    const { tokenMs } = options.limits ?? {};
    this.#peers = new WebPeers({
      ...options,
      failures: this.#failures,
      ...(tokenMs === undefined ? {} : { tokenMs }),
    });
  }

  /** Turns it on when it is off, and answers with an address for its owner. */
  start(params: Params<"web.start">): Promise<Result<"web.start">> {
    return this.#inTurn(async () => {
      const place = await this.#open(params);
      const { key, pass } = this.#issue("owner", {});
      return { url: `${urlOf(place)}#k=${key}`, id: pass.id, ...placeInfo(place) };
    });
  }

  /** An address that opens less: one shell, reading only, for a time. */
  link(params: Params<"web.link">): Promise<Result<"web.link">> {
    return this.#inTurn(async () => {
      const { name, readOnly = false, expiresInMs } = params;
      if (name !== undefined && !this.#options.hasShell(name))
        throw new AgentdError("shell_not_found", `no shell '${printable(name)}'`);
      const place = await this.#open(params);
      const { key, pass } = this.#issue("link", { shell: name, readOnly, expiresInMs });
      return { url: `${urlOf(place)}#k=${key}`, id: pass.id, ...placeInfo(place) };
    });
  }

  /** Turns it off: every pass ends. Answers whether it was on. */
  stop(): Promise<Result<"web.stop">> {
    return this.#inTurn(async () => {
      const stopped = this.#running !== undefined;
      void this.#end(WebClose.Ended, "the web terminal was turned off");
      await this.#store.save(() => undefined);
      return { stopped };
    });
  }

  list(): Result<"web.ls"> {
    const passes = this.#running?.keys.list() ?? [];
    return {
      v: 1,
      on: this.#running !== undefined,
      places: (this.#running?.listeners ?? []).map(({ place }) => ({
        url: urlOf(place),
        ...placeInfo(place),
      })),
      links: passes.map((pass) => this.#describe(pass)),
    };
  }

  /** Ends one pass, or all; its sockets are closed at once. Answers how many. @throws AgentdError `invalid_params`. */
  async revoke({ id, all = false }: Params<"web.revoke">): Promise<Result<"web.revoke">> {
    if ((id === undefined) === !all) throw new AgentdError("invalid_params", "write an id, or all");
    const keys = this.#running?.keys;
    const ids = all ? (keys?.list() ?? []).map((pass) => pass.id) : [id ?? ""];
    const revoked = ids.filter((each) => keys?.revoke(each) === true);
    if (revoked.length === 0 && !all)
      throw new AgentdError("invalid_params", `no link '${printable(id ?? "")}' · agentd web ls`);
    this.#peers.revoke(revoked);
    await this.#save();
    return { revoked: revoked.length };
  }

  /** What `daemon status` says; undefined while it is off. */
  status(): { readonly url: string; readonly links: number; readonly sockets: number } | undefined {
    if (this.#running === undefined) return undefined;
    const [first] = this.#running.listeners;
    return {
      url: first === undefined ? "waits for its port" : urlOf(first.place),
      links: this.#running.keys.list().length,
      sockets: this.#peers.size,
    };
  }

  /** Serves what the last daemon served: the same places, the same passes. Never rejects. */
  restore(): Promise<void> {
    return this.#inTurn(async () => {
      const state = await this.#store.load();
      if (state === undefined || state.places.length === 0) return;
      try {
        const passes = state.passes.filter(
          ({ shell }) => shell === undefined || this.#options.hasShell(shell),
        );
        const running = this.#begin({ ...state, passes });
        for (const place of state.places) await this.#listenAgain(running, place);
      } catch (error) {
        this.#options.log.warn({ err: error }, "web terminal could not be restored");
      }
    });
  }

  /** The daemon ends. What is on stays on in the next one. */
  async shutDown(restart: boolean): Promise<void> {
    await this.#end(restart ? WebClose.Restart : WebClose.GoingAway, "agentd ends", false);
  }

  async #open({ port, socket, as }: Params<"web.start">): Promise<WebPlace> {
    const running = this.#running ?? this.#begin({ places: [], passes: [] });
    try {
      const { listeners } = running;
      const wanted = socket === undefined ? "tcp" : "unix";
      const existing = listeners.find(
        ({ place }) => place.kind === wanted && isAsked(place, port, socket, as),
      );
      if (existing !== undefined) return existing.place;
      const other = listeners.find(({ place }) => place.kind === wanted)?.place;
      if (other !== undefined) {
        throw new AgentdError(
          "invalid_params",
          `the web terminal listens ${other.kind === "tcp" ? `on port ${other.port}` : `at '${printable(other.path)}' as ${other.as}`} already · agentd web --stop ends that (and its links)`,
        );
      }
      const listener = await this.#listen(running, port, socket, as);
      listeners.push(listener);
      await this.#save();
      this.#options.log.info({ ...placeInfo(listener.place) }, "web terminal is on");
      return listener.place;
    } catch (error) {
      if (running.listeners.length === 0) void this.#end(WebClose.Ended, "");
      throw error;
    }
  }

  #listen(running: Running, port?: number, socket?: string, as = "localhost:8080"): Promise<WebListener> {
    const attend = (server: Server, place: WebPlace) => running.front.attend(server, place);
    const { requestMs } = this.#options.limits ?? {};
    return socket === undefined
      ? listenOnLoopback(port, attend, requestMs)
      : listenOnSocket(socket, as, attend, requestMs);
  }

  /** A place that was ours: a stranger who has it meanwhile learns nothing, and it is taken back when he goes. */
  async #listenAgain(running: Running, place: WebPlace): Promise<void> {
    if (this.#running !== running) return;
    try {
      const listener =
        place.kind === "tcp"
          ? await this.#listen(running, place.port)
          : await this.#listen(running, undefined, place.path, place.as);
      if (this.#running === running) running.listeners.push(listener);
      else listener.close();
      this.#options.log.info({ ...placeInfo(place) }, "web terminal is on again");
    } catch (error) {
      this.#options.log.warn({ err: error, ...placeInfo(place) }, "web terminal waits for its place");
      setTimeout(() => void this.#listenAgain(running, place), RETRY_MS).unref();
    }
  }

  #begin({ passes }: WebState): Running {
    const { log, assetsDirectory } = this.#options;
    const keys = new WebKeys({ now: Date.now, random: randomBytes, stored: passes });
    const front = new WebFront({
      assets: loadWebAssets(assetsDirectory),
      keys,
      failures: this.#failures,
      log,
      hasRoom: () => this.#peers.hasRoom,
      onSocket: (socket) => this.#peers.accept(socket, keys),
      onChange: () => this.#save(),
    });
    const unsubscribe = this.#options.subscribe((event) => this.#follow(event, keys));
    const sweep = setInterval(() => {
      this.#peers.sweep(keys);
      if (this.#peers.size > 0 && Date.now() - this.#savedAt > SAVE_USE_MS) void this.#save();
    }, SWEEP_MS).unref();
    const stop = () => {
      unsubscribe();
      clearInterval(sweep);
    };
    this.#running = { keys, front, listeners: [], stop };
    return this.#running;
  }

  #end(code: number, reason: string, forget = true): Promise<void> {
    const running = this.#running;
    if (running === undefined) return Promise.resolve();
    if (forget) this.#running = undefined;
    running.stop();
    for (const listener of running.listeners) listener.close();
    const closed = this.#peers.close(code, reason);
    this.#options.log.info({ code }, "web terminal is off");
    return closed;
  }

  #issue(
    kind: "owner" | "link",
    request: { shell?: string | undefined; readOnly?: boolean; expiresInMs?: number | undefined },
  ) {
    if (this.#running === undefined) throw new AgentdError("internal", "the web terminal is off");
    return this.#running.keys.issue({ readOnly: false, ...request, kind });
  }

  #follow(event: ShellEvent, keys: WebKeys): void {
    const moved =
      event.kind === "renamed"
        ? keys.follow(event.from, event.shell.name)
        : event.kind === "forgotten" && keys.follow(event.name, undefined);
    if (moved) void this.#save();
  }

  #save(): Promise<void> {
    this.#savedAt = Date.now();
    return this.#store.save(() => {
      const running = this.#running;
      if (running === undefined) return undefined;
      return { places: running.listeners.map(({ place }) => place), passes: running.keys.stored() };
    });
  }

  #describe(pass: WebPass): Result<"web.ls">["links"][number] {
    const { id, kind, shell, readOnly, createdAt, usedAt, expiresAt, isOpened } = pass;
    return {
      id,
      kind,
      ...(shell === undefined ? {} : { shell }),
      readOnly,
      createdAt: new Date(createdAt).toISOString(),
      ...(isOpened ? { usedAt: new Date(usedAt).toISOString() } : {}),
      ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
      sockets: this.#peers.of(id),
    };
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action, action);
    this.#turn = result.catch(() => {});
    return result;
  }
}

function isAsked(place: WebPlace, port?: number, socket?: string, as?: string): boolean {
  if (place.kind === "tcp") return port === undefined || port === place.port;
  return place.path === socket && (as === undefined || as === place.as);
}

function placeInfo(place: WebPlace): { port: number } | { socket: string } {
  return place.kind === "tcp" ? { port: place.port } : { socket: place.path };
}
