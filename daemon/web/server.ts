// The web terminal: turned on and off, its links made and revoked, its tabs served again by the next daemon.
import { randomBytes } from "node:crypto";
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { DaemonStatus, Params, Result, ShellEvent, ShellInfo } from "../../shared/rpc.js";
import type { Disk } from "../shell/state/disk.js";
import { loadWebAssets } from "./assets.js";
import { WebClose } from "./close.js";
import { WebFront } from "./front.js";
import { type PassRequest, WebKeys } from "./keys.js";
import { FailureLimit } from "./limits.js";
import { identityOf, passAmong, type WebPass } from "./pass.js";
import { WebPeers, type WebPeersOptions } from "./peers.js";
import { urlOf, type WebPlace } from "./place.js";
import { describePlace, WebPlaces } from "./places.js";
import { type WebState, WebStore } from "./store.js";

/** How soon the sockets of a pass that has run out are closed. */
const SWEEP_MS = 500;
/** That a pass is in use is saved no more often than this. */
const SAVE_USE_MS = 10 * 60_000;

type WebStatus = NonNullable<DaemonStatus["web"]>;

export interface WebServerOptions extends Pick<WebPeersOptions, "log" | "version" | "home" | "methods"> {
  readonly stateDirectory: string;
  /** Where the page's files are. */
  readonly assetsDirectory: string;
  readonly disk: Disk;
  readonly shells: () => readonly ShellInfo[];
  readonly subscribe: (listener: (event: ShellEvent) => void) => () => void;
  readonly clock: { readonly now: () => number; readonly monotonic: () => number };
  /** Shorter in tests. */
  readonly limits?: { readonly requestMs?: number; readonly tokenMs?: number };
}

interface Running {
  readonly keys: WebKeys;
  readonly places: WebPlaces;
  readonly stop: () => void;
}

/** Invariant: while it is off, nothing listens, no pass exists, and no file says otherwise. */
export class WebServer {
  readonly #options: WebServerOptions;
  readonly #store: WebStore;
  readonly #failures: FailureLimit;
  readonly #peers: WebPeers;
  #running: Running | undefined;
  /** Starts and stops follow each other. */
  #turn: Promise<unknown> = Promise.resolve();
  #savedAt = 0;

  constructor(options: WebServerOptions) {
    this.#options = options;
    this.#store = new WebStore(options.stateDirectory, options.disk, options.log);
    this.#failures = new FailureLimit(options.clock.monotonic);
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
      return { url: `${urlOf(place)}#k=${key}`, id: pass.id, ...describePlace(place) };
    });
  }

  /** An address that opens less: one shell, reading only, for a time. */
  link(params: Params<"web.link">): Promise<Result<"web.link">> {
    return this.#inTurn(async () => {
      const { name, readOnly = false, expiresInMs } = params;
      this.#shellOf(name);
      const place = await this.#open(params);
      // By now it may be gone, or its name another one's.
      const shell = this.#shellOf(name);
      const { key, pass } = this.#issue("link", {
        shell: name,
        shellIdentity: shell === undefined ? undefined : identityOf(shell),
        readOnly,
        expiresInMs,
      });
      return { url: `${urlOf(place)}#k=${key}`, id: pass.id, ...describePlace(place) };
    });
  }

  /** @throws AgentdError `shell_not_found`. */
  #shellOf(name: string | undefined): ShellInfo | undefined {
    const shell = this.#options.shells().find((one) => one.name === name);
    if (name === undefined || shell !== undefined) return shell;
    throw new AgentdError("shell_not_found", `no shell '${printable(name)}'`);
  }

  /** Turns it off: every pass ends. Answers whether it was on. */
  stop(): Promise<Result<"web.stop">> {
    return this.#inTurn(async () => {
      const stopped = this.#running !== undefined;
      if (stopped) void this.#end("the web terminal was turned off");
      await this.#store.save(() => undefined);
      return { stopped };
    });
  }

  list(): Result<"web.ls"> {
    const passes = this.#running?.keys.list() ?? [];
    return {
      v: 1,
      on: this.#running !== undefined,
      places: (this.#running?.places.open ?? []).map((place) => ({
        url: urlOf(place),
        ...describePlace(place),
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
    for (const each of revoked) this.#options.log.info({ id: each }, "web link revoked");
    await this.#save();
    return { revoked: revoked.length };
  }

  /** What `daemon status` says; undefined while it is off. */
  status(): WebStatus | undefined {
    if (this.#running === undefined) return undefined;
    const [place] = this.#running.places.open;
    return {
      ...(place === undefined ? {} : { url: urlOf(place) }),
      links: this.#running.keys.list().length,
      sockets: this.#peers.size,
    };
  }

  /** Serves what the last daemon served, if a pass of it is left: the same places, the same passes. Never rejects. */
  restore(): Promise<void> {
    return this.#inTurn(async () => {
      const state = await this.#store.load();
      if (state === undefined || state.places.length === 0) return;
      try {
        const shells = this.#options.shells();
        const passes = state.passes.flatMap((pass) => passAmong(pass, shells) ?? []);
        const running = this.#begin(passes);
        // Nobody is left who could come back: what nobody uses does not listen for another life.
        if (running.keys.list().length === 0) {
          void this.#end("no links are left");
          return this.#store.save(() => undefined);
        }
        await Promise.all(state.places.map((place) => running.places.retake(place)));
        if (running.places.wanted.length === 0) void this.#end("another program has the port");
        await this.#save();
      } catch (error) {
        this.#options.log.warn({ err: error }, "web terminal could not be restored");
      }
    });
  }

  /** The daemon is going to end: nobody comes in any more. What is on stays on in the next one. */
  prepareEnd(restart: boolean): void {
    this.#running?.stop();
    this.#peers.endCode = restart ? WebClose.Restart : WebClose.GoingAway;
  }

  /** Closes what the shells have not closed; resolves when all are gone. */
  async shutDown(): Promise<void> {
    await this.#peers.close(this.#peers.endCode, "agentd ends");
  }

  async #open(params: Params<"web.start">): Promise<WebPlace> {
    const running = this.#running ?? this.#begin([]);
    try {
      const { place, isNew } = await running.places.take(params);
      if (isNew) {
        await this.#save();
        this.#options.log.info(describePlace(place), "web terminal is on");
      }
      return place;
    } catch (error) {
      if (running.places.wanted.length === 0) void this.#end("");
      throw error;
    }
  }

  #begin(passes: WebState["passes"]): Running {
    const { log, assetsDirectory, clock, limits } = this.#options;
    const keys = new WebKeys({ now: clock.now, random: randomBytes, stored: passes });
    const front = new WebFront({
      assets: loadWebAssets(assetsDirectory),
      keys,
      failures: this.#failures,
      log,
      onSocket: (socket) => this.#peers.accept(socket, keys),
      onChange: () => this.#save(),
    });
    const unsubscribe = this.#options.subscribe((event) => this.#follow(event, keys));
    const sweep = setInterval(() => {
      this.#peers.sweep(keys);
      if (this.#peers.size > 0 && clock.now() - this.#savedAt > SAVE_USE_MS) void this.#save();
    }, SWEEP_MS).unref();
    const places = new WebPlaces({
      log,
      attend: (server, place) => front.attend(server, place),
      ...(limits?.requestMs === undefined ? {} : { requestMs: limits.requestMs }),
    });
    const stop = () => {
      unsubscribe();
      clearInterval(sweep);
      places.close();
    };
    this.#running = { keys, places, stop };
    return this.#running;
  }

  #end(reason: string): Promise<void> {
    this.#running?.stop();
    this.#running = undefined;
    this.#options.log.info({}, "web terminal is off");
    return this.#peers.close(WebClose.Ended, reason);
  }

  #issue(
    kind: "owner" | "link",
    request: Omit<PassRequest, "kind" | "readOnly"> & { readonly readOnly?: boolean },
  ) {
    if (this.#running === undefined) throw new AgentdError("internal", "the web terminal is off");
    const issued = this.#running.keys.issue({ readOnly: false, ...request, kind });
    const { id, readOnly } = issued.pass;
    this.#options.log.info({ id, kind, readOnly }, "web address made");
    return issued;
  }

  #follow(event: ShellEvent, keys: WebKeys): void {
    const moved =
      event.kind === "renamed"
        ? keys.follow(event.from, event.shell.name)
        : event.kind === "forgotten" && keys.follow(event.name, undefined);
    if (moved) void this.#save();
  }

  #save(): Promise<void> {
    this.#savedAt = this.#options.clock.now();
    return this.#store.save(() => {
      const running = this.#running;
      if (running === undefined) return undefined;
      return { places: running.places.wanted, passes: running.keys.stored() };
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
