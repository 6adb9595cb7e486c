// The shells that there are, kept up to date by the daemon's events: one connection for the list and for calls.
/// <reference lib="dom" />
import { type KnownShell, sameShell } from "../../../shared/present-name.js";
import type { MethodName, Params, Result, ShellEvent, ShellInfo } from "../../../shared/rpc.js";
import type { Closed, Door, Scope } from "./door.js";
import { busyText, finalCloseText, finalText, ReconnectWait, type Waiting } from "./reconnect-wait.js";
import { RetryDelays } from "./retry-delays.js";
import { RpcSocket, SocketClosed } from "./rpc-socket.js";

export type DirectoryState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | Waiting
  /** The link is over; the page does not try again by itself. */
  | ({ readonly kind: "over" } & Closed);

/** Told after every change; the views read what they need. */
export type DirectoryListener = () => void;

/**
 * Invariant: `shells` is what the daemon said last. While the state is `live` and the connection is wanted, it is complete and goes
 * with every event; otherwise it is what was known before. A tab that nobody looks at has no connection and keeps its state, `live`
 * too, and so does whoever comes back to it until the next connection answers, or fails: a list that flickers tells nothing.
 */
export class Directory {
  readonly #door: Door;
  readonly #client: string;
  readonly #delays = new RetryDelays(Math.random);
  readonly #wait = new ReconnectWait();
  readonly #listeners = new Set<DirectoryListener>();
  #shells = new Map<string, ShellInfo>();
  #state: DirectoryState = { kind: "connecting" };
  #socket: RpcSocket | undefined;
  #busy: string | undefined;
  #wanted = false;
  #running = false;
  /** The connection was ended by us, not lost. */
  #wasLeft = false;
  scope: Scope = { owner: false, readOnly: true };
  /** Names of the targets in the daemon's config file, and which of them is meant when nothing is said. */
  targets: readonly string[] = [];
  defaultTarget: string | undefined;

  constructor(door: Door, client: string) {
    this.#door = door;
    this.#client = client;
  }

  get state(): DirectoryState {
    return this.#state;
  }

  get shells(): ReadonlyMap<string, ShellInfo> {
    return this.#shells;
  }

  /** A shell that was known before, as it is now. */
  find(known: KnownShell): ShellInfo | undefined {
    return sameShell(this.#shells.values(), known);
  }

  /** Returns how to stop listening. */
  listen(listener: DirectoryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether the connection is wanted: a tab that nobody looks at leaves its place to others. */
  want(wanted: boolean): void {
    this.#wanted = wanted;
    if (wanted && !this.#running) {
      // Whoever asks again is not shown what was the end of it before.
      if (this.#state.kind === "over") this.#become({ kind: "connecting" });
      void this.#run();
    }
    if (!wanted && this.#socket !== undefined) this.#leave(this.#socket);
    this.#wait.wake();
  }

  /** @throws AgentdError, SocketClosed (also while there is no connection). */
  async call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    if (this.#socket === undefined) throw new SocketClosed(0);
    return await this.#socket.call(method, params);
  }

  async #run(): Promise<void> {
    this.#running = true;
    if (this.#state.kind === "over") this.#become({ kind: "connecting" });
    while (this.#wanted) {
      const over = await this.#runOnce();
      if (over !== undefined) {
        this.#become({ kind: "over", ...over });
        break;
      }
      if (!this.#wanted) break;
      // Wanted again before its end: nothing was lost, so nobody is waited for.
      if (this.#wasLeft) continue;
      const ms = this.#delays.next();
      this.#become({ kind: "waiting", retryAt: Date.now() + ms, why: this.#busy });
      await this.#wait.pause(ms);
    }
    this.#running = false;
  }

  /** One connection until its end. Returns why it was the last. */
  async #runOnce(): Promise<Closed | undefined> {
    let socket: RpcSocket | undefined;
    this.#busy = undefined;
    this.#wasLeft = false;
    try {
      socket = await RpcSocket.open(this.#door, this.#client);
      socket.onEvent = (event) => this.#handleEvent(event);
      this.scope = socket.scope;
      this.targets = socket.hello?.client.targets ?? [];
      this.defaultTarget = socket.hello?.client.defaultTarget;
      const { shells } = await socket.call("events.subscribe", {});
      this.#shells = new Map(shells.map((shell) => [shell.name, shell]));
      this.#socket = socket;
      this.#delays.reset();
      this.#become({ kind: "live" });
      if (!this.#wanted) this.#leave(socket);
      return finalCloseText(await socket.closed);
    } catch (error) {
      socket?.close();
      this.#busy = busyText(error);
      return finalText(error);
    } finally {
      this.#socket = undefined;
    }
  }

  #leave(socket: RpcSocket): void {
    this.#wasLeft = true;
    socket.close();
  }

  #handleEvent(event: ShellEvent): void {
    if (event.kind === "forgotten") this.#shells.delete(event.name);
    else {
      if (event.kind === "renamed") this.#shells.delete(event.from);
      this.#shells.set(event.shell.name, event.shell);
    }
    this.#tell();
  }

  #become(state: DirectoryState): void {
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
