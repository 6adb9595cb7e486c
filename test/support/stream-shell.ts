// A shell of the real daemon on a real runtime behind a fault proxy, running the program whose stream the oracle judges.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AttachedStream } from "./attached-stream.js";
import { FaultProxy } from "./fault-proxy.js";
import { TEST_ARN } from "./runtime-server.js";
import { SocketClient } from "./socket-client.js";
import { common, missing, STREAM_PROGRAM, StreamOracle, union } from "./stream-oracle.js";
import { until } from "./until.js";
import { stdoutOf } from "./wire-record.js";

export interface StreamShellOptions {
  /** The daemon's socket. */
  readonly socket: string;
  readonly name: string;
  /** The runtime's port. */
  readonly port: number;
  readonly seed: number;
  /** Where the program may write. */
  readonly directory: string;
  readonly blocksPerSecond: number;
  readonly record?: boolean;
  onEcho?(text: string): void;
}

export class StreamShell {
  readonly options: StreamShellOptions;
  readonly proxy: FaultProxy;
  readonly client: AttachedStream;
  readonly control: SocketClient;

  private constructor(
    options: StreamShellOptions,
    proxy: FaultProxy,
    control: SocketClient,
    client: AttachedStream,
  ) {
    this.options = options;
    this.proxy = proxy;
    this.control = control;
    this.client = client;
  }

  /** Opens the shell, attaches the first client, and returns when the stream flows. */
  static async open(options: StreamShellOptions): Promise<StreamShell> {
    const { socket, name, port, seed, blocksPerSecond, onEcho } = options;
    const proxy = await FaultProxy.listen({ target: port, seed, record: options.record === true });
    const control = await SocketClient.greeted(socket);
    const target = { kind: "agentcore", runtimeArn: TEST_ARN, endpointUrl: proxy.url };
    await control.call("shell.new", { name, target });
    const client = await AttachedStream.attach({ socket, name, ...(onEcho === undefined ? {} : { onEcho }) });
    const shell = new StreamShell(options, proxy, control, client);
    const echo = onEcho === undefined ? "silent" : "echo";
    const command = `exec python3 -SI ${STREAM_PROGRAM} ${shell.logPath} ${blocksPerSecond} ${echo}\r`;
    await control.call("shell.send", { name, data: Buffer.from(command).toString("base64") });
    await client.when("the stream begins", () => client.oracle.hasBegun);
    return shell;
  }

  get logPath(): string {
    return join(this.options.directory, `${this.options.name}.log`);
  }

  /** What the program has read. */
  get logged(): string {
    return existsSync(this.logPath) ? readFileSync(this.logPath, "latin1") : "";
  }

  /** One more client, in the middle of the stream. */
  attach(options: { onEcho?(text: string): void } = {}): Promise<AttachedStream> {
    const { socket, name } = this.options;
    return AttachedStream.attach({ socket, name, oracle: new StreamOracle("anywhere"), ...options });
  }

  /**
   * Bytes that reached the daemon in whole messages and that `client` never got. A connection that was reset may have lost
   * its end on the way from the kernel to the daemon: only a hole in front of something that came counts there.
   */
  withheld(client = this.client): number {
    const { covered } = client.oracle;
    const arrivals = this.proxy.connections.map(({ recorded, wasReset }) => {
      const oracle = new StreamOracle();
      for (const payload of stdoutOf(recorded)) oracle.push(payload);
      return { ranges: oracle.covered, wasReset };
    });
    return arrivals.reduce((all, { ranges, wasReset }, index) => {
      const holes = missing(ranges, covered);
      if (holes === 0 || !wasReset) return all + holes;
      const others = union(...arrivals.flatMap((other, at) => (at === index ? [] : [other.ranges])));
      // What only this connection brought, and came: nothing before its end may be missing.
      const own = common(ranges, covered).filter((range) => missing([range], others) > 0);
      const end = Math.max(0, ...own.map(({ to }) => to));
      return all + missing(common(ranges, [{ from: 0, to: end }]), covered);
    }, 0);
  }

  /** Lets the program end its stream, and waits until the client has seen the end. */
  async finish(what: string, client = this.client): Promise<void> {
    process.kill(this.#programId, "SIGTERM");
    await client.when(`the stream's end: ${what}`, () => client.oracle.hasEnded);
  }

  /** Types until something typed here was read: what is typed into an uncertain shell may be discarded, and is then said to be. */
  async typeUntilRead(next: () => string, what: string): Promise<void> {
    const typed: string[] = [];
    await until(`input was read again: ${what}`, () => {
      const { logged } = this;
      if (typed.some((text) => logged.includes(text))) return true;
      const text = next();
      typed.push(text);
      this.client.type(text);
      return false;
    });
  }

  /** Attaches for a moment, which ends the daemon's wait between two attempts, until `promise` is settled. */
  async hurry<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const finish = () => {
      done = true;
    };
    promise.then(finish, finish);
    while (!done) {
      await Promise.race([promise.catch(() => {}), delay(300)]);
      if (!done) (await this.attach()).close();
    }
    return promise;
  }

  /** Ends the program and the shell, and frees everything. */
  async dispose(): Promise<void> {
    try {
      process.kill(this.#programId, "SIGKILL");
    } catch {
      // It never was, or has ended.
    }
    await Promise.race([this.client.ended, delay(3_000)]);
    await this.control.call("shell.kill", { name: this.options.name, force: true }).catch(() => {});
    this.client.close();
    this.control.close();
    await this.proxy.close();
  }

  get #programId(): number {
    return Number(readFileSync(`${this.logPath}.pid`, "utf8"));
  }
}
