// The daemon's Unix socket: opened, kept where clients look for it, closed.
import { createServer, type Server, type Socket } from "node:net";
import { AgentdError } from "../../shared/errors.js";
import {
  bindPrivately,
  freeName,
  publish,
  removeLeftovers,
  statusOf,
  withdraw,
} from "../../shared/host/socket-name.js";
import { Doorkeeper } from "./doorkeeper.js";
import type { ServerLog } from "./server-log.js";

const WATCH_MS = 5000;
/** Connections that the kernel keeps waiting while we are busy. */
const BACKLOG = 511;

export interface ListenerOptions {
  /** Where clients look for the socket; the directory is checked and the instance lock in it is held. */
  readonly path: string;
  readonly onConnection: (socket: Socket) => void;
  readonly log: ServerLog;
  /** A listening socket that the service manager has handed over, instead of one of our own. */
  readonly activatedFd?: number;
  /** Called when the directory is gone: makes one that is ready for us and returns the socket's new path. */
  readonly relocate?: () => string;
  readonly watchMs?: number;
}

/**
 * Invariant: clients never reach a socket that is bound but not listening, and never one that others could have opened.
 *
 * Cleaners of temporary files and logouts remove the name of a living socket. It cannot be linked again, so a second
 * server is published in its place; connections that exist do not notice.
 */
export class Listener {
  readonly #options: ListenerOptions;
  #path: string;
  #server: Server;
  #inode: bigint | undefined;
  #watch: NodeJS.Timeout | undefined;
  #republishing = false;
  readonly #doorkeeper: Doorkeeper;

  private constructor(options: ListenerOptions) {
    this.#options = options;
    this.#path = options.path;
    this.#doorkeeper = new Doorkeeper(options);
    this.#server = this.#newServer();
  }

  /** @returns the listener, or undefined when another process listens at `path`. @throws AgentdError as `freeName`. */
  static async open(options: ListenerOptions): Promise<Listener | undefined> {
    const listener = new Listener(options);
    if (options.activatedFd !== undefined) {
      await listener.#adopt(options.activatedFd);
      return listener;
    }
    removeLeftovers(options.path, "daemon");
    if (!(await listener.#take())) return undefined;
    listener.#watch = setInterval(() => void listener.#keepName(), options.watchMs ?? WATCH_MS).unref();
    return listener;
  }

  /** Where clients find it. */
  get path(): string {
    return this.#path;
  }

  /** Takes no more connections and removes the name; the connections that exist live on. */
  close(): void {
    clearInterval(this.#watch);
    if (this.#inode !== undefined) withdraw(this.#path, this.#inode);
    this.#server.close();
  }

  /** Binds, frees the name, publishes. The order matters: between freeing and publishing nothing waits. */
  async #take(): Promise<boolean> {
    for (let attempt = 0; attempt < 3; attempt++) {
      if ((await freeName(this.#path)) === "live") return false;
      const temporary = await bindPrivately(this.#server, this.#path, "daemon");
      this.#inode = publish(temporary, this.#path);
      if (this.#inode !== undefined) return true;
      this.#server.close();
      this.#server = this.#newServer();
    }
    throw new AgentdError("daemon_unavailable", `something else keeps making '${this.#path}'`);
  }

  async #adopt(fd: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ fd, backlog: BACKLOG }, resolve);
    });
    // Node knows the address of a TCP socket that was handed over, and not that of a Unix socket.
    const address = this.#server.address();
    if (typeof address === "object" && address !== null) {
      throw new AgentdError("daemon_unavailable", "the socket that was handed over is not a Unix socket");
    }
  }

  async #keepName(): Promise<void> {
    if (this.#republishing || statusOf(this.#path)?.ino === this.#inode) return;
    this.#republishing = true;
    const { log, relocate } = this.#options;
    const old = this.#server;
    try {
      if (relocate !== undefined) this.#path = relocate();
      this.#server = this.#newServer();
      if (await this.#take()) {
        old.close();
        log.warn({ path: this.#path }, "socket had disappeared and was published again");
      } else {
        this.#server.close();
        this.#server = old;
        log.error({ path: this.#path }, "another process listens at the socket's name");
      }
    } catch (error) {
      this.#server = old;
      log.error({ err: error, path: this.#path }, "socket has disappeared and cannot be published");
    } finally {
      this.#republishing = false;
    }
  }

  #newServer(): Server {
    // Half-open: a client may end its side and still read the answers to what it sent.
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: false });
    server.on("connection", (socket) => this.#doorkeeper.receive(socket));
    // While it listens: a connection could not be accepted. It waits in the kernel's queue, or has been sent away.
    server.on("error", (error) => {
      if (server.listening) this.#doorkeeper.acceptFailed(error);
    });
    return server;
  }
}
