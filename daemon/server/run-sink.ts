// The output of a run on its way to the client that asked for it: base64 in notifications, never more than the client takes.
import type { RunSink } from "../shell/run/shell-run.js";
import type { Connection } from "./connection.js";

/** Raw bytes of one notification: as base64 in JSON it stays one comfortable line. */
const PIECE_BYTES = 48 * 1024;
/** What waits in the socket; what is more waits here. */
const SOCKET_HIGH_BYTES = 512 * 1024;
/** Above this the oldest output is kept, the newest dropped and counted. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

type Outlet = Pick<Connection, "notify" | "onClose"> & {
  readonly sink: Pick<Connection["sink"], "queuedBytes" | "onDrain">;
};

/** Connection → those who wait for it to drain, and those who wait for its end. */
const waiters = new WeakMap<Outlet, Set<() => void>>();
const leavers = new WeakMap<Outlet, Set<() => void>>();

/** Invariant: bytes leave in order; `droppedBytes` counts exactly those that will never leave although the client is there. */
export class OutputSink implements RunSink {
  droppedBytes = 0;
  readonly #connection: Outlet;
  readonly #name: string;
  onBacklog: (bytes: number) => void = () => {};
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isClosed = false;
  #onEmpty: () => void = () => {};
  readonly #forget: () => void;
  readonly #pump = () => this.#send();

  constructor(connection: Outlet, name: string) {
    this.#connection = connection;
    this.#name = name;
    drainWaiters(connection).add(this.#pump);
    this.#forget = whenClosed(connection, () => {
      this.#isClosed = true;
      this.#waiting.length = this.#waitingBytes = 0;
      this.#onEmpty();
    });
  }

  begin(): void {
    if (!this.#isClosed) this.#connection.notify({ name: this.#name, data: "" }, "run.output");
  }

  write(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.droppedBytes += bytes.length;
      return;
    }
    // The bytes may be a view of a buffer that is used again.
    this.#waiting.push(bytes.slice());
    this.#waitingBytes += bytes.length;
    this.#send();
  }

  async flushed(): Promise<void> {
    if (this.#waitingBytes === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Nothing will be written any more. */
  dispose(): void {
    drainWaiters(this.#connection).delete(this.#pump);
    this.#forget();
    this.onBacklog(0);
  }

  #send(): void {
    while (this.#waitingBytes > 0 && this.#connection.sink.queuedBytes < SOCKET_HIGH_BYTES) {
      const data = Buffer.from(this.#take()).toString("base64");
      this.#connection.notify({ name: this.#name, data }, "run.output");
    }
    this.onBacklog(this.#waitingBytes);
    if (this.#waitingBytes === 0) this.#onEmpty();
  }

  #take(): Uint8Array {
    const first = this.#waiting.shift() ?? new Uint8Array(0);
    const piece = first.subarray(0, PIECE_BYTES);
    if (piece.length < first.length) this.#waiting.unshift(first.subarray(PIECE_BYTES));
    this.#waitingBytes -= piece.length;
    return piece;
  }
}

/** Runs `callback` when the connection has ended, unless the returned function is called before. */
export function whenClosed(connection: Pick<Connection, "onClose">, callback: () => void): () => void {
  const outlet = connection as Outlet;
  const known = leavers.get(outlet);
  const set = known ?? new Set();
  set.add(callback);
  leavers.set(outlet, set);
  if (known === undefined)
    connection.onClose(() => {
      for (const leave of [...set]) leave();
    });
  return () => set.delete(callback);
}

/** One listener for each connection, however many runs it asks for. */
function drainWaiters(connection: Outlet): Set<() => void> {
  const known = waiters.get(connection);
  if (known !== undefined) return known;
  const fresh = new Set<() => void>();
  waiters.set(connection, fresh);
  connection.sink.onDrain(() => {
    for (const pump of [...fresh]) pump();
  });
  return fresh;
}
