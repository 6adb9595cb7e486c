// The running daemon: shells, clients and the socket between them, from start to orderly stop.

import type { LogLevel, ProgramFile } from "../shared/daemon-care.js";
import { AgentdError } from "../shared/errors.js";
import { VERSION } from "../shared/host/version.js";
import type { DaemonStatus } from "../shared/rpc.js";
import type { ConfigSource, LiveConfig } from "./config/live-config.js";
import { collectWhenIdle, ownHeap } from "./idle-collection.js";
import type { Log } from "./log.js";
import type { Call } from "./server/connection.js";
import { Listener } from "./server/listener.js";
import { createMethods, type Shells, type StopRequest } from "./server/methods.js";
import { Peers } from "./server/peers.js";
import { type MethodTable, RpcServer } from "./server/rpc-server.js";
import { eventLoopDelays, StallWatch } from "./stall-watch.js";
import { systemClock } from "./upstream/clock.js";
import { WebServer, type WebServerOptions } from "./web/server.js";

/** How long clients may take to read their last words. */
const CLIENTS_END_MS = 5000;

/** The shells, and the end of them: no `stop` ever sends CLOSE upstream. */
export interface OwnedShells extends Shells {
  /** Tells the attached clients why, closes the links, saves. */
  stop(reason: "stopping" | "restarting"): Promise<void>;
  /** Ends the local runtime and every shell in it. */
  stopLocalShells(): Promise<void>;
}

export interface DaemonOptions {
  readonly socketPath: string;
  readonly config: LiveConfig;
  readonly setLogLevel: (level: LogLevel) => LogLevel;
  /** The file that this program was started from. */
  readonly program: ProgramFile;
  readonly log: Log;
  readonly shells: OwnedShells;
  /** What the web terminal needs to know of this machine. */
  readonly web: Pick<WebServerOptions, "stateDirectory" | "assetsDirectory" | "disk" | "home">;
  readonly activatedFd?: number;
  readonly relocate?: () => string;
  /** Throws when a new daemon could not start: a restart must not end the one that works. */
  readonly checkRestart?: () => void;
  /** A client asked for the end; call `stop`. */
  readonly onStopRequest: (request: StopRequest) => void;
}

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #peers: Peers;
  readonly #startedAt = new Date().toISOString();
  readonly #watch: StallWatch;
  readonly #web: WebServer;
  readonly #stopCollecting: () => void;
  #listener: Listener | undefined;

  private constructor(options: DaemonOptions) {
    this.#options = options;
    const { shells, config, log, onStopRequest } = options;
    this.#watch = new StallWatch(systemClock, eventLoopDelays(), (ms) =>
      log.warn({ ms }, "event loop stood still"),
    );
    const heap = ownHeap();
    this.#stopCollecting = heap === undefined ? () => {} : collectWhenIdle({ clock: systemClock, ...heap });
    this.#web = new WebServer({
      ...options.web,
      log,
      version: VERSION,
      clock: systemClock,
      methods: () => methods,
      shells: () => shells.list(),
      subscribe: (listener) => shells.subscribe(listener),
    });
    const methods: MethodTable<Call> = createMethods({
      shells,
      web: this.#web,
      hello: () => ({ version: VERSION, pid: process.pid, client: clientConfig(config) }),
      config,
      setLogLevel: options.setLogLevel,
      status: () => ({
        v: 1,
        pid: process.pid,
        version: VERSION,
        startedAt: this.#startedAt,
        socket: this.socketPath,
        shells: shells.list().length,
        clients: shells.list().reduce((sum, shell) => sum + shell.clients, 0),
        memory: process.memoryUsage.rss(),
        stalls: this.#watch.stalls,
        config: config.state,
        program: options.program,
        ...(options.activatedFd === undefined ? {} : { socketActivated: true }),
        ...shells.unsaved(),
        ...this.#webStatus(),
      }),
      checkRestart: () => options.checkRestart?.(),
      stop: onStopRequest,
    });
    this.#peers = new Peers({ rpc: new RpcServer(methods), log, now: () => performance.now() });
  }

  /** Resolves when clients can connect. @throws AgentdError `daemon_unavailable` when another process listens there. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const daemon = new Daemon(options);
    const { socketPath, log, activatedFd, relocate } = options;
    daemon.#listener = await Listener.open({
      path: socketPath,
      log,
      onConnection: (socket) => daemon.#peers.accept(socket),
      ...(activatedFd === undefined ? {} : { activatedFd }),
      ...(relocate === undefined ? {} : { relocate }),
    });
    if (daemon.#listener === undefined)
      throw new AgentdError("daemon_unavailable", `another program listens at '${socketPath}'`);
    await daemon.#web.restore();
    return daemon;
  }

  #webStatus(): Pick<DaemonStatus, "web"> {
    const web = this.#web.status();
    return web === undefined ? {} : { web };
  }

  get socketPath(): string {
    return this.#listener?.path ?? this.#options.socketPath;
  }

  /** Takes no more clients, lets the shells say goodbye and save, lets the clients read it. Kills no shell that was not named. */
  async stop({ localShells, restart }: StopRequest): Promise<void> {
    const { shells, log } = this.#options;
    this.#listener?.close();
    this.#web.prepareEnd(restart);
    this.#watch.stop();
    this.#stopCollecting();
    this.#options.config.close();
    if (localShells) {
      await shells
        .stopLocalShells()
        .catch((error: unknown) => log.error({ err: error }, "local shells did not end"));
    }
    // A disk that takes nothing must not keep the clients from their last words, nor the process from its end.
    await shells
      .stop(restart ? "restarting" : "stopping")
      .catch((error: unknown) => log.error({ err: error }, "stopped without saving"));
    await Promise.race([
      Promise.all([this.#peers.close(), this.#web.shutDown()]),
      new Promise((resolve) => setTimeout(resolve, CLIENTS_END_MS).unref()),
    ]);
  }
}

function clientConfig({ current: { prefix, defaultTarget, targets } }: ConfigSource) {
  return {
    prefix,
    ...(defaultTarget === undefined ? {} : { defaultTarget }),
    ...(targets.size === 0 ? {} : { targets: [...targets.keys()] }),
  };
}
