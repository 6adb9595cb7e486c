// The proxy of the reliability experiments is itself exact: what arrives is a prefix of what was sent, as long as was asked for.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Directions, FaultProxy, type Shape } from "../../support/fault-proxy.js";
import { firstSeed, repetitions } from "../../support/figures.js";
import { seededRandom } from "../../support/random-stream.js";
import { tempDirectory } from "../../support/temp-directory.js";
import { until } from "../../support/until.js";

/** Bytes that tell their place. */
const bytesOf = (length: number, from = 0) => Buffer.from(Array.from({ length }, (_, i) => (i + from) % 251));

/** One end of a connection, and everything that it got. */
class End {
  readonly socket: Socket;
  readonly #chunks: Buffer[] = [];
  /** Sizes of what came, as it came. */
  readonly sizes: number[] = [];
  ended = false;
  error: string | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      this.#chunks.push(chunk);
      this.sizes.push(chunk.length);
    });
    socket.on("end", () => {
      this.ended = true;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error = error.code;
    });
    onTestFinished(() => void socket.destroy());
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

class Rig {
  readonly ends: End[] = [];
  readonly proxy: FaultProxy;
  readonly #path: string | undefined;

  private constructor(proxy: FaultProxy, path: string | undefined) {
    this.proxy = proxy;
    this.#path = path;
  }

  static async start({ unix = false, seed = 1 } = {}): Promise<Rig> {
    const directory = tempDirectory();
    const server: Server = createServer({ allowHalfOpen: true }, (socket) => rig.ends.push(new End(socket)));
    server.listen(unix ? { path: join(directory, "s") } : { host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const target = unix ? join(directory, "s") : (server.address() as AddressInfo).port;
    const path = unix ? join(directory, "p") : undefined;
    const proxy = await FaultProxy.listen({
      target,
      seed,
      record: true,
      ...(path === undefined ? {} : { path }),
    });
    const rig = new Rig(proxy, path);
    onTestFinished(() => proxy.close());
    return rig;
  }

  /** A client, and the server's end of its connection. */
  async open(): Promise<{ client: End; server: End }> {
    const before = this.ends.length;
    const client = this.connect();
    await once(client.socket, "connect");
    await until("the server has it", () => this.ends.length > before);
    return { client, server: this.ends[before]! };
  }

  connect(): End {
    const at = this.#path === undefined ? { host: "127.0.0.1", port: this.proxy.port } : { path: this.#path };
    return new End(connect({ ...at, allowHalfOpen: true }));
  }
}

describe("the fault proxy", () => {
  it.each([false, true])("passes both ways and ends as its sides end (Unix socket: %s)", async (unix) => {
    const { client, server } = await (await Rig.start({ unix })).open();
    client.socket.end(bytesOf(300_000));
    server.socket.end(bytesOf(200_000, 7));
    await until("both ends", () => client.ended && server.ended);
    expect(server.bytes.equals(bytesOf(300_000))).toBe(true);
    expect(client.bytes.equals(bytesOf(200_000, 7))).toBe(true);
  });

  it("lets through exactly as many bytes as planned, whatever the pieces, and cuts as asked", async () => {
    const seed = firstSeed();
    const count = repetitions({ ci: 40, full: 1_000 });
    const rig = await Rig.start({ seed });
    const random = seededRandom(seed);
    for (let round = 0; round < count; round++) {
      const what = `seed ${seed}, round ${round}`;
      const bytes = Math.floor(random() * 40_000);
      const cut = random() < 0.5 ? "rst" : "fin";
      const shapes: Shape[] = [
        {},
        { splitBytes: 1 + Math.floor(random() * 5_000) },
        { coalesceMs: 3 },
        { delayMs: 2 },
      ];
      rig.proxy.shape("both", shapes[Math.floor(random() * shapes.length)]!);
      rig.proxy.plans.push([{ direction: "down", bytes, act: { cut } }]);
      const { client, server } = await rig.open();
      server.socket.write(bytesOf(40_000, round));
      await until(`the cut: ${what}`, () => client.ended || client.error !== undefined);
      expect(client.bytes.equals(bytesOf(bytes, round)), what).toBe(true);
      expect(rig.proxy.last?.recorded.length, what).toBe(bytes);
      // A reset that comes together with data is shown as an end by libuv; an end never as a reset.
      if (cut === "fin") expect(client.error, what).toBeUndefined();
      await until(`the server's end: ${what}`, () => server.ended || server.error !== undefined);
      client.socket.destroy();
      server.socket.destroy();
    }
    expect(rig.proxy.cuts).toBe(count);
  });

  it.each<[Directions, boolean, boolean]>([
    ["up", false, true],
    ["down", true, false],
    ["both", false, false],
  ])("freezes %s, and delivers what waited when it thaws", async (directions, up, down) => {
    const rig = await Rig.start();
    const { client, server } = await rig.open();
    rig.proxy.freeze(directions);
    client.socket.write("up");
    server.socket.write("down");
    if (up) await until("up", () => server.bytes.length === 2);
    if (down) await until("down", () => client.bytes.length === 4);
    // A connection made later is no part of it, and what it carries came after what is frozen.
    const other = await rig.open();
    other.client.socket.write("x");
    other.server.socket.write("y");
    await until("the other", () => other.client.bytes.length + other.server.bytes.length === 2);
    expect([server.bytes.length > 0, client.bytes.length > 0]).toEqual([up, down]);
    rig.proxy.thaw();
    await until("both", () => server.bytes.toString() === "up" && client.bytes.toString() === "down");
  });

  it("repeats nothing when joined bytes meet a planned freeze", async () => {
    const rig = await Rig.start();
    rig.proxy.shape("down", { coalesceMs: 5 });
    rig.proxy.plans.push([{ direction: "down", bytes: 700, act: { freeze: "down" } }]);
    const { client, server } = await rig.open();
    for (let at = 0; at < 1_000; at += 100) server.socket.write(bytesOf(100, at));
    await until("700 bytes", () => client.bytes.length === 700);
    rig.proxy.thaw();
    await until("the rest", () => client.bytes.length >= 1_000);
    server.socket.end();
    await until("the end", () => client.ended);
    expect(client.bytes.equals(bytesOf(1_000))).toBe(true);
  });

  it("cuts one side only: the other learns nothing", async () => {
    const rig = await Rig.start();
    const { client, server } = await rig.open();
    rig.proxy.cut("rst", "client");
    await until("the client knows", () => client.error === "ECONNRESET");
    const other = await rig.open();
    other.client.socket.end("x");
    await until("the other ended", () => other.server.ended);
    expect([server.ended, server.error]).toEqual([false, undefined]);
  });

  it("refuses, is silent, and accepts again at the same place", async () => {
    const rig = await Rig.start();
    rig.proxy.refuse();
    const refused = rig.connect();
    await until("the refusal", () => refused.error === "ECONNREFUSED");
    await rig.proxy.accept();
    rig.proxy.silence();
    const quiet = rig.connect();
    await once(quiet.socket, "connect");
    quiet.socket.write("hello");
    await rig.proxy.accept();
    await until("the silence is cut", () => quiet.error === "ECONNRESET");
    expect(rig.ends).toEqual([]);
    const { client, server } = await rig.open();
    client.socket.write("hi");
    await until("it works", () => server.bytes.toString() === "hi");
  });

  it("splits, joins, delays and throttles", async () => {
    const rig = await Rig.start();
    const { client, server } = await rig.open();
    rig.proxy.shape("down", { splitBytes: 3 });
    server.socket.write(bytesOf(300));
    await until("300 bytes", () => client.bytes.length === 300);
    expect(Math.max(...client.sizes)).toBeLessThan(100);
    rig.proxy.shape("down", { coalesceMs: 50 });
    client.sizes.length = 0;
    for (let i = 0; i < 10; i++) {
      server.socket.write("0123456789");
      await new Promise(setImmediate);
    }
    await until("400 bytes", () => client.bytes.length === 400);
    expect(client.sizes).toEqual([100]);
    rig.proxy.shape("down", { bytesPerSecond: 10_000 });
    const before = performance.now();
    server.socket.write(bytesOf(1_000));
    await until("1400 bytes", () => client.bytes.length === 1_400);
    expect(performance.now() - before).toBeGreaterThan(50);
    expect(client.bytes.subarray(400).equals(bytesOf(1_000))).toBe(true);
  });
});
