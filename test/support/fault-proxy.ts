// A deterministic proxy in front of a server (TCP or Unix socket) that does to its connections what networks do, at exact byte offsets or on command.
import { once } from "node:events";
import { connect, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "./random-stream.js";

/** `up`: client to server. */
export type Direction = "up" | "down";
export type Directions = Direction | "both";
/** `rst`: the kernel says that the connection broke; `fin`: it ends as if in order, but anywhere. */
export type Cut = "rst" | "fin";
/** Who learns of a cut. Whoever does not, holds half a connection. */
export type Side = "both" | "client" | "server";

/** How bytes travel. The bytes themselves are never changed. */
export interface Shape {
  /** Each piece arrives so much later. */
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
  /** Pieces of 1 to so many bytes. */
  readonly splitBytes?: number;
  /** What comes within this time leaves as one piece. */
  readonly coalesceMs?: number;
}

/** Something that happens to one connection when exactly `bytes` have passed in `direction`. */
export interface ByteFault {
  readonly direction: Direction;
  readonly bytes: number;
  readonly act: { readonly cut: Cut; readonly side?: Side } | { readonly freeze: Directions };
}

export interface FaultProxyOptions {
  /** The server behind: a port of this machine, or the path of a socket. */
  readonly target: number | string;
  /** Where to listen: a path, or a free port. */
  readonly path?: string;
  readonly seed?: number;
  /** Keep what was sent to clients, by connection. */
  readonly record?: boolean;
}

/** Bytes that wait in one direction before its source is not read any more. */
const HIGH_WATER_BYTES = 256 * 1024;
/** A throttled flow sends what belongs into this time, and waits. */
const SLICE_S = 0.02;

/** Invariant: at every moment, what was sent on is a prefix of what came in. */
class Flow {
  /** Bytes sent on. */
  passed = 0;
  shape: Shape;
  readonly recorded: Buffer[] = [];
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #random: () => number;
  readonly #record: boolean;
  readonly #onPassed: (passed: number) => void;
  readonly #queue: { readonly bytes: Buffer; readonly dueAt: number }[] = [];
  #queued = 0;
  #nextAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #pumping = false;
  #frozen = false;
  #ended = false;
  #stopped = false;
  /** Never send further than this; ascending. */
  stopsAt: number[] = [];

  constructor(
    from: Socket,
    to: Socket,
    options: { shape: Shape; random: () => number; record: boolean; onPassed: (passed: number) => void },
  ) {
    this.#from = from;
    this.#to = to;
    this.shape = options.shape;
    this.#random = options.random;
    this.#record = options.record;
    this.#onPassed = options.onPassed;
    from.on("data", (bytes: Buffer) => {
      const { delayMs = 0, coalesceMs = 0 } = this.shape;
      const wait = delayMs + (this.#queue.length === 0 ? coalesceMs : 0);
      // Nothing overtakes: a piece is never due before the one in front of it.
      const last = this.#queue.at(-1)?.dueAt ?? 0;
      this.#queue.push({ bytes, dueAt: Math.max(last, performance.now() + wait) });
      this.#queued += bytes.length;
      if (this.#queued > HIGH_WATER_BYTES) from.pause();
      this.#pump();
    });
    from.on("end", () => {
      this.#ended = true;
      this.#pump();
    });
    to.on("drain", () => this.#pump());
  }

  get isFrozen(): boolean {
    return this.#frozen;
  }

  freeze(frozen: boolean): void {
    this.#frozen = frozen;
    this.#pump();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#step());
    this.#pumping = false;
  }

  /** Sends one piece; false: not now. */
  #step(): boolean {
    if (this.#stopped || this.#frozen || this.#immediate !== undefined || this.#to.writableNeedDrain)
      return false;
    const head = this.#queue[0];
    if (head === undefined) {
      if (this.#ended) this.#to.end();
      return false;
    }
    const now = performance.now();
    const at = Math.max(head.dueAt, this.#nextAt);
    if (at > now) {
      this.#later(at - now);
      return false;
    }
    const { splitBytes, bytesPerSecond, coalesceMs } = this.shape;
    const dueBytes = coalesceMs === undefined ? head.bytes : this.#takeTogether(now);
    const limit = (this.stopsAt[0] ?? Number.POSITIVE_INFINITY) - this.passed;
    const most = splitBytes === undefined ? dueBytes.length : 1 + Math.floor(this.#random() * splitBytes);
    const inTime = bytesPerSecond === undefined ? dueBytes.length : Math.ceil(bytesPerSecond * SLICE_S);
    const piece = dueBytes.subarray(0, Math.min(most, limit, inTime));
    this.#queue.shift();
    if (piece.length < dueBytes.length)
      this.#queue.unshift({ bytes: dueBytes.subarray(piece.length), dueAt: head.dueAt });
    this.#queued -= piece.length;
    if (this.#queued < HIGH_WATER_BYTES / 2) this.#from.resume();
    this.passed += piece.length;
    if (this.#record) this.recorded.push(piece);
    this.#to.write(piece);
    if (bytesPerSecond !== undefined) this.#nextAt = now + (piece.length / bytesPerSecond) * 1000;
    // A turn between two pieces, or the kernel would join them again.
    if (splitBytes !== undefined) {
      this.#immediate = setImmediate(() => {
        this.#immediate = undefined;
        this.#pump();
      });
    }
    while (this.stopsAt[0] !== undefined && this.passed >= this.stopsAt[0])
      this.#onPassed(this.stopsAt.shift()!);
    return true;
  }

  /** Joins what is due with the head, so that it leaves as one piece. */
  #takeTogether(now: number): Buffer {
    const due: Buffer[] = [];
    while (this.#queue[0] !== undefined && this.#queue[0].dueAt <= now) due.push(this.#queue.shift()!.bytes);
    const bytes = Buffer.concat(due);
    this.#queue.unshift({ bytes, dueAt: 0 });
    return bytes;
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#pump(), ms);
  }
}

/** One connection through the proxy. */
export class ProxiedConnection {
  readonly openedAt = performance.now();
  closedAt: number | undefined;
  /** The client was, or may have been, reset: what it had not read by then it may never read. */
  wasReset = false;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #flows: Readonly<Record<Direction, Flow>>;
  readonly #faults: ByteFault[] = [];
  readonly #onCut: () => void;
  #isOver = false;

  constructor(
    client: Socket,
    server: Socket,
    options: {
      shape: Readonly<Record<Direction, Shape>>;
      random: () => number;
      record: boolean;
      onCut: () => void;
    },
  ) {
    this.#client = client;
    this.#server = server;
    this.#onCut = options.onCut;
    const flow = (direction: Direction, from: Socket, to: Socket) =>
      new Flow(from, to, {
        shape: options.shape[direction],
        random: options.random,
        record: options.record && direction === "down",
        onPassed: (passed) => this.#reached(direction, passed),
      });
    this.#flows = { up: flow("up", client, server), down: flow("down", server, client) };
    for (const [socket, other, flow] of [
      [client, server, this.#flows.up],
      [server, client, this.#flows.down],
    ] as const) {
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", (hadError) => {
        this.closedAt ??= performance.now();
        // An end in order has been passed on by the flow; a broken one is passed on here, unless the way is frozen.
        if (hadError && !this.#isOver && !flow.isFrozen) reset(other);
        if (client.destroyed && server.destroyed) this.#over();
      });
    }
  }

  /** Bytes that passed so far. */
  passed(direction: Direction): number {
    return this.#flows[direction].passed;
  }

  /** What was sent to the client, if recorded. */
  get recorded(): Buffer {
    return Buffer.concat(this.#flows.down.recorded);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Plans a fault; one whose offset has passed already happens at once. */
  plan(fault: ByteFault): void {
    this.#faults.push(fault);
    const { stopsAt, passed } = this.#flows[fault.direction];
    if (fault.bytes <= passed) {
      this.#reached(fault.direction, passed);
      return;
    }
    stopsAt.push(fault.bytes);
    stopsAt.sort((a, b) => a - b);
  }

  /** Forgets the faults that have not happened yet. */
  spare(): void {
    this.#faults.length = 0;
    for (const flow of Object.values(this.#flows)) flow.stopsAt.length = 0;
  }

  cut(how: Cut, side: Side = "both"): void {
    if (this.#isOver) return;
    this.#over();
    this.#onCut();
    this.closedAt = performance.now();
    this.wasReset = how === "rst" && side !== "server";
    for (const [socket, mine] of [
      [this.#client, "client"],
      [this.#server, "server"],
    ] as const) {
      if (side !== "both" && side !== mine) {
        // It learns nothing, and nobody reads what it says.
        socket.pause();
      } else if (how === "fin") {
        socket.end();
        socket.resume();
      } else if (socket.writableLength === 0) reset(socket);
      else socket.write("", () => reset(socket));
    }
  }

  freeze(directions: Directions, frozen = true): void {
    for (const direction of ["up", "down"] as const)
      if (directions === "both" || directions === direction) this.#flows[direction].freeze(frozen);
    if (frozen || this.#isOver) return;
    // What broke behind the ice is seen now.
    if (this.#client.errored !== null) reset(this.#server);
    if (this.#server.errored !== null) reset(this.#client);
  }

  shape(shape: Readonly<Record<Direction, Shape>>): void {
    for (const direction of ["up", "down"] as const) this.#flows[direction].shape = shape[direction];
  }

  /** Frees the sockets of a connection that is cut on one side only. */
  destroy(): void {
    this.#over();
    this.wasReset ||= !this.#client.destroyed;
    this.#client.destroy();
    this.#server.destroy();
  }

  #reached(direction: Direction, passed: number): void {
    const due = this.#faults.filter((fault) => fault.direction === direction && fault.bytes <= passed);
    for (const fault of due) {
      this.#faults.splice(this.#faults.indexOf(fault), 1);
      if ("cut" in fault.act) this.cut(fault.act.cut, fault.act.side);
      else this.freeze(fault.act.freeze);
    }
  }

  #over(): void {
    this.#isOver = true;
    this.#flows.up.stop();
    this.#flows.down.stop();
  }
}

function reset(socket: Socket): void {
  // A Unix socket knows no RST: there every end is the same.
  if (socket.remoteFamily === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

const PLAIN: Readonly<Record<Direction, Shape>> = { up: {}, down: {} };

export class FaultProxy {
  /** Every connection that was accepted and forwarded, oldest first. */
  readonly connections: ProxiedConnection[] = [];
  /** Faults of the next connections, one list for each. */
  readonly plans: ByteFault[][] = [];
  cuts = 0;
  readonly #options: FaultProxyOptions;
  readonly #random: () => number;
  #server: Server;
  #port = 0;
  /** Accepted, and met with silence. */
  readonly #quiet = new Set<Socket>();
  #shape = PLAIN;
  #silent = false;
  /** Called with each new connection. */
  onConnection: (connection: ProxiedConnection) => void = () => {};

  private constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed ?? 1);
    this.#server = this.#makeServer();
  }

  static async listen(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await proxy.accept();
    return proxy;
  }

  /** For a TCP proxy. */
  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The connection that was made last. */
  get last(): ProxiedConnection | undefined {
    return this.connections.at(-1);
  }

  get open(): ProxiedConnection[] {
    return this.connections.filter((connection) => !connection.isOver);
  }

  cut(how: Cut = "rst", side: Side = "both"): void {
    for (const connection of this.open) connection.cut(how, side);
  }

  /** Present connections only: later ones work. */
  freeze(directions: Directions): void {
    for (const connection of this.open) connection.freeze(directions);
  }

  thaw(): void {
    for (const connection of this.open) connection.freeze("both", false);
  }

  /** Present and future connections. */
  shape(directions: Directions, shape: Shape): void {
    this.#shape = {
      up: directions === "down" ? this.#shape.up : shape,
      down: directions === "up" ? this.#shape.down : shape,
    };
    for (const connection of this.open) connection.shape(this.#shape);
  }

  /** Connections are accepted, and nothing is ever said on them. */
  silence(): void {
    this.#silent = true;
  }

  /** Nobody listens: connections are refused. Those that are open live on. */
  refuse(): void {
    this.#server.close();
  }

  /** Back to normal for connections to come; cuts those that were met with silence. */
  async accept(): Promise<void> {
    this.#silent = false;
    for (const socket of this.#quiet) reset(socket);
    this.#quiet.clear();
    if (this.#server.listening) return;
    this.#server = this.#makeServer();
    const at: ListenOptions =
      this.#options.path === undefined
        ? { host: "127.0.0.1", port: this.#port }
        : { path: this.#options.path };
    for (let attempt = 1; ; attempt++) {
      try {
        this.#server.listen(at);
        await once(this.#server, "listening");
        break;
      } catch (error) {
        // While nobody listened, somebody's connection may have got this very port for its own end.
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || attempt === 100) throw error;
        await delay(100);
        this.#server = this.#makeServer();
      }
    }
    const address = this.#server.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
  }

  /** Ends every fault that is still on; connections stay. */
  async heal(): Promise<void> {
    this.plans.length = 0;
    for (const connection of this.open) connection.spare();
    this.shape("both", {});
    this.thaw();
    await this.accept();
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const connection of this.connections) connection.destroy();
    for (const socket of this.#quiet) socket.destroy();
  }

  #makeServer(): Server {
    return createServer({ allowHalfOpen: true }, (client) => this.#handle(client));
  }

  #handle(client: Socket): void {
    client.on("error", () => {});
    if (this.#silent) {
      this.#quiet.add(client);
      client.on("data", () => {});
      return;
    }
    const { target } = this.#options;
    const server = connect({
      ...(typeof target === "string" ? { path: target } : { host: "127.0.0.1", port: target }),
      allowHalfOpen: true,
    });
    const connection = new ProxiedConnection(client, server, {
      shape: this.#shape,
      random: this.#random,
      record: this.#options.record === true,
      onCut: () => {
        this.cuts += 1;
      },
    });
    this.connections.push(connection);
    for (const fault of this.plans.shift() ?? []) connection.plan(fault);
    this.onConnection(connection);
  }
}
