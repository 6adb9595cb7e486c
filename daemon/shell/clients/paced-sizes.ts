// The sizes that clients send: the first counts at once, and of a burst the last, a frame of a screen later.
import type { Size } from "../../../shared/size.js";
import type { Clock } from "../../upstream/clock.js";
import type { AttachedClient } from "./attached-client.js";

/** Nobody sees more of a window that is dragged; each size costs a new layout of the whole scrollback, and holds up every other client. */
const EVERY_MS = 16;

interface Pace {
  waiting: Size | undefined;
  readonly cancel: () => void;
}

/** Invariant: a client's sizes count at most once in `EVERY_MS`, in their order, and its last one always does. */
export class PacedSizes {
  readonly #clock: Clock;
  readonly #apply: (client: AttachedClient, size: Size) => void;
  readonly #paces = new Map<AttachedClient, Pace>();

  constructor(clock: Clock, apply: (client: AttachedClient, size: Size) => void) {
    this.#clock = clock;
    this.#apply = apply;
  }

  push(client: AttachedClient, size: Size): void {
    const pace = this.#paces.get(client);
    if (pace === undefined) this.#count(client, size);
    else pace.waiting = size;
  }

  /** What waits counts now: the client asks for something that depends on it. */
  settle(client: AttachedClient): void {
    const pace = this.#paces.get(client);
    if (pace?.waiting === undefined) return;
    pace.cancel();
    this.#count(client, pace.waiting);
  }

  /** It has left. */
  forget(client: AttachedClient): void {
    this.#paces.get(client)?.cancel();
    this.#paces.delete(client);
  }

  #count(client: AttachedClient, size: Size): void {
    const cancel = this.#clock.setTimeout(() => {
      const { waiting } = this.#paces.get(client) ?? {};
      this.#paces.delete(client);
      if (waiting !== undefined) this.#count(client, waiting);
    }, EVERY_MS);
    this.#paces.set(client, { waiting: undefined, cancel });
    this.#apply(client, size);
  }
}
