// The places at which the web terminal listens, and those that it waits to have again.
import type { Server } from "node:http";
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { WebPlaceParams } from "../../shared/web-rpc.js";
import type { ServerLog } from "../server/server-log.js";
import { listenOnLoopback, listenOnSocket, type WebListener } from "./listener.js";
import type { WebPlace } from "./place.js";

/** How often a place that cannot be had is tried again. */
const RETRY_MS = 5000;
/** What `ssh -L 8080:…` leads to. */
const DEFAULT_AS = "localhost:8080";

export interface WebPlacesOptions {
  readonly attend: (server: Server, place: WebPlace) => void;
  readonly log: ServerLog;
  readonly requestMs?: number;
}

/** Invariant: at most one port and one Unix socket. */
export class WebPlaces {
  readonly #options: WebPlacesOptions;
  readonly #listeners: WebListener[] = [];
  /** Were ours, and cannot be had now. */
  readonly #waiting = new Set<WebPlace>();
  #closed = false;

  constructor(options: WebPlacesOptions) {
    this.#options = options;
  }

  /** Where it listens. */
  get open(): readonly WebPlace[] {
    return this.#listeners.map(({ place }) => place);
  }

  /** Where the next daemon is to listen. */
  get wanted(): readonly WebPlace[] {
    return [...this.open, ...this.#waiting];
  }

  /** Listens there, if it does not yet. @throws AgentdError `invalid_params` when it listens elsewhere, `daemon_unavailable`, `unsafe_directory`. */
  async take(params: WebPlaceParams): Promise<{ place: WebPlace; isNew: boolean }> {
    const { port, socket, as } = params;
    const kind = socket === undefined ? "tcp" : "unix";
    const present = this.open.find((place) => place.kind === kind);
    if (present !== undefined) {
      if (isAsked(present, { port, socket, as })) return { place: present, isNew: false };
      const where =
        present.kind === "tcp" ? `on port ${present.port}` : `at ${present.path} as ${present.as}`;
      throw new AgentdError(
        "invalid_params",
        `the web terminal listens ${printable(where)} already · agentd web --stop ends that, and its links`,
      );
    }
    const listener = await this.#listen({ port, socket, as });
    if (this.open.some((place) => place.kind === kind)) {
      // One that was waited for came meanwhile.
      listener.close();
      return this.take(params);
    }
    for (const place of this.#waiting) if (place.kind === kind) this.#waiting.delete(place);
    this.#listeners.push(listener);
    return { place: listener.place, isNew: true };
  }

  /**
   * Listens where the last daemon did; resolves after the first try. A port that somebody else has is given up, not waited for: a tab
   * that was loaded from him has run his script, and what that left in the browser (a service worker) would be there after him.
   * Never rejects.
   */
  async retake(place: WebPlace): Promise<void> {
    this.#waiting.add(place);
    const { log } = this.#options;
    try {
      const params = place.kind === "tcp" ? { port: place.port } : { socket: place.path, as: place.as };
      const listener = await this.#listen(params);
      if (!this.#waiting.delete(place)) {
        listener.close();
        return;
      }
      this.#listeners.push(listener);
      log.info(describePlace(place), "web terminal is on again");
    } catch (error) {
      if (this.#closed) return;
      if (place.kind === "tcp" && isTaken(error as Error)) {
        this.#waiting.delete(place);
        log.warn(describePlace(place), "web terminal gives up its port: another program has it");
        return;
      }
      log.warn({ err: error, ...describePlace(place) }, "web terminal waits for its place");
      setTimeout(() => {
        if (!this.#closed && this.#waiting.has(place)) void this.retake(place);
      }, RETRY_MS).unref();
    }
  }

  /** What was waited for stays wanted: a save in the last moment is what the next daemon begins with. */
  close(): void {
    this.#closed = true;
    for (const listener of this.#listeners) listener.close();
  }

  async #listen({ port, socket, as = DEFAULT_AS }: Asked): Promise<WebListener> {
    const { attend, requestMs } = this.#options;
    const listener =
      socket === undefined
        ? await listenOnLoopback(port, attend, requestMs)
        : await listenOnSocket(socket, as, attend, requestMs);
    if (!this.#closed) return listener;
    listener.close();
    throw new AgentdError("daemon_stopping", "agentd is ending");
  }
}

/** `WebPlaceParams`, with `undefined` for what is absent. */
interface Asked {
  readonly port?: number | undefined;
  readonly socket?: string | undefined;
  readonly as?: string | undefined;
}

function isAsked(place: WebPlace, { port, socket, as }: Asked): boolean {
  if (place.kind === "tcp") return port === undefined || port === place.port;
  return place.path === socket && (as === undefined || as === place.as);
}

function isTaken({ cause }: { readonly cause?: unknown }): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === "EADDRINUSE";
}

export function describePlace(place: WebPlace): { readonly port: number } | { readonly socket: string } {
  return place.kind === "tcp" ? { port: place.port } : { socket: place.path };
}
