// Clients on a real socket: the good ones are served, the others cannot hurt them.
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Call, PacketReceiver } from "../../../daemon/server/connection.js";
import { Listener } from "../../../daemon/server/listener.js";
import { Peers } from "../../../daemon/server/peers.js";
import { type MethodTable, RpcServer } from "../../../daemon/server/rpc-server.js";
import type { ServerLog } from "../../../daemon/server/server-log.js";
import { Channel } from "../../../shared/channel.js";
import { AgentdError } from "../../../shared/errors.js";
import { encodeFrame } from "../../../shared/frame.js";
import { encodePacket } from "../../../shared/packet.js";
import type { ShellInfo } from "../../../shared/rpc.js";
import { fc } from "../../support/property.js";
import { SocketClient } from "../../support/socket-client.js";
import { tempDirectory } from "../../support/temp-directory.js";

interface Entry {
  readonly fields: Record<string, unknown>;
  readonly phrase: string;
}

/** A log that keeps what it is told. */
function memoryLog(): ServerLog & { readonly entries: Entry[] } {
  const entries: Entry[] = [];
  const write = (fields: object, phrase: string) => {
    entries.push({ fields: { ...fields }, phrase });
  };
  const log = { entries, debug: write, info: write, warn: write, error: write, child: () => log };
  return log;
}

/** Attached: echoes STDIN as STDOUT, and counts its endings. */
class Echo implements PacketReceiver {
  readonly events: string[] = [];
  readonly #send: (frame: Uint8Array) => void;

  constructor(send: (frame: Uint8Array) => void) {
    this.#send = send;
  }

  start(): void {
    this.events.push("start");
    this.#send(encodeFrame(Channel.Stdout, Buffer.from("hi")));
  }

  handleFrame(frame: Uint8Array): void {
    this.events.push(Buffer.from(frame.subarray(1)).toString());
    this.#send(encodeFrame(Channel.Stdout, frame.slice(1)));
  }

  closed(): void {
    this.events.push("closed");
  }
}

/** A server with the real dispatch and the real socket; its handlers answer from nothing but their params. */
async function startServer(options: { helloTimeoutMs?: number; handlers?: Partial<MethodTable<Call>> } = {}) {
  const path = join(tempDirectory(), "agentd.sock");
  const log = memoryLog();
  const echoes: Echo[] = [];
  const gates: (() => void)[] = [];
  const notYet = async () => {
    throw new AgentdError("shell_not_found", "no shell");
  };
  const methods: MethodTable<Call> = {
    hello: async ({ protocol, client }, { connection }) => {
      connection.greet(protocol, client);
      return { protocol: 1, version: "0", pid: process.pid, client: { prefix: "C-]" } };
    },
    "shell.new": notYet,
    "daemon.check": notYet,
    "daemon.reload": notYet,
    "daemon.logLevel": notYet,
    "shell.watch": notYet,
    "shell.unwatch": notYet,
    "shell.attach": async (params, { connection, afterAnswer }) => {
      if (params.name === "nobody") throw new AgentdError("shell_not_found", "no shell 'nobody'");
      const echo = new Echo((frame) => connection.sink.send(frame));
      echoes.push(echo);
      afterAnswer(() => connection.becomeStream(echo));
      return { shell: {} as ShellInfo, epoch: "", offset: 0, resumed: false };
    },
    "shell.list": async () => ({ shells: [] }),
    "shell.info": async () => {
      throw new TypeError("canary: /home/me/.aws");
    },
    "shell.kill": () => new Promise((resolve) => gates.push(() => resolve({}))),
    "shell.rename": notYet,
    "shell.label": notYet,
    "exec.run": notYet,
    "session.stop": notYet,
    "shell.token": notYet,
    "shell.detach": async () => ({ detached: 0 }),
    "shell.resize": notYet,
    "shell.send": async ({ data }) => ({ bytes: data.length }),
    "shell.run": notYet,
    "shell.capture": async () => ({ epoch: "", offset: 0, text: "x".repeat(1024 * 1024) }),
    "daemon.status": async () => ({
      v: 1,
      pid: 0,
      version: "",
      startedAt: "",
      socket: "",
      shells: 0,
      clients: 0,
      memory: 0,
      stalls: 0,
    }),
    "daemon.stop": async () => ({}),
    "web.start": notYet,
    "web.link": notYet,
    "web.stop": notYet,
    "web.ls": notYet,
    "web.revoke": notYet,
    "events.subscribe": async (_, { connection, afterAnswer }) => {
      afterAnswer(() => connection.notify({ kind: "forgotten", name: "a" }));
      return { shells: [] };
    },
    ...options.handlers,
  };
  const peers = new Peers({
    rpc: new RpcServer(methods),
    log,
    now: () => performance.now(),
    ...(options.helloTimeoutMs === undefined ? {} : { helloTimeoutMs: options.helloTimeoutMs }),
  });
  const listener = await Listener.open({ path, log, onConnection: (socket) => peers.accept(socket) });
  if (listener === undefined) throw new Error("somebody else listens");
  onTestFinished(async () => {
    listener.close();
    await peers.close();
  });
  return { path, log, echoes, gates, peers };
}

const HELLO = '{"jsonrpc":"2.0","id":0,"method":"hello","params":{"protocol":1,"client":"t"}}\n';

describe("calls", () => {
  it("answers each call with its id, also when all arrive in one chunk", async () => {
    const { path } = await startServer();
    const client = await SocketClient.connect(path);
    client.socket.write(HELLO + client.request("shell.list") + client.request("shell.detach"));
    expect(await client.answer()).toMatchObject({ id: 0, result: { protocol: 1 } });
    expect(await client.answer()).toMatchObject({ id: 1, result: { shells: [] } });
    expect(await client.answer()).toMatchObject({ id: 2, result: { detached: 0 } });
  });

  it("answers everything before it ends a connection whose client has ended its side", async () => {
    const { path, gates } = await startServer();
    const client = await SocketClient.connect(path);
    client.socket.end(HELLO + client.request("shell.kill", { name: "a" }));
    expect(await client.answer()).toMatchObject({ id: 0 });
    await expect.poll(() => gates.length).toBe(1);
    gates[0]?.();
    expect(await client.answer()).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
    expect(await client.rest()).toBe("");
  });

  it("says an error's code and details, and of an exception only a reference", async () => {
    const { path, log } = await startServer();
    const client = await SocketClient.greeted(path);
    client.socket.write(client.request("shell.rename", { name: "a", to: "b" }));
    expect((await client.answer()).error).toEqual({
      code: -32001,
      message: "no shell",
      data: { code: "shell_not_found" },
    });
    client.socket.write(client.request("shell.info", { name: "a" }));
    const { error } = await client.answer();
    expect(JSON.stringify(error)).not.toContain("canary");
    const ref = String(Object(error?.data?.details).ref);
    expect(error?.message).toContain(ref);
    expect(log.entries).toContainEqual({
      fields: { err: expect.any(TypeError), ref, method: "shell.info" },
      phrase: "call failed inside the daemon",
    });
  });

  it.each([
    ["shell.nothing", {}, "method_not_found"],
    ["constructor", {}, "method_not_found"],
    ["shell.attach", { name: "a", cols: 80, rows: 24, readonly: true }, "invalid_params"],
    ["shell.new", { name: "-x" }, "bad_name"],
  ])("refuses %s %j with %s and goes on", async (method, params, code) => {
    const { path } = await startServer();
    const client = await SocketClient.greeted(path);
    await expect(client.call(method, params)).rejects.toThrow(code);
    await expect(client.call("shell.list")).resolves.toEqual({ shells: [] });
  });

  it("refuses the 65th call in flight and an id that is in flight", async () => {
    const { path, gates } = await startServer();
    const client = await SocketClient.greeted(path);
    for (let call = 0; call < 65; call++) client.socket.write(client.request("shell.kill", { name: "a" }));
    expect((await client.answer()).error?.data).toEqual({ code: "too_busy" });
    client.socket.write('{"jsonrpc":"2.0","id":5,"method":"shell.list"}\n');
    expect(await client.answer()).toMatchObject({ id: 5, error: { data: { code: "invalid_request" } } });
    for (const open of gates) open();
    for (let call = 0; call < 64; call++) expect((await client.answer()).result).toEqual({});
  });

  it("sends events after the answer of the subscription", async () => {
    const { path } = await startServer();
    const client = await SocketClient.greeted(path);
    await expect(client.call("events.subscribe")).resolves.toEqual({ shells: [] });
    expect(await client.answer()).toEqual({
      jsonrpc: "2.0",
      method: "event",
      params: { kind: "forgotten", name: "a" },
    });
    await expect(client.call("shell.attach", { name: "a", cols: 1, rows: 1 })).rejects.toThrow(
      "invalid_request",
    );
  });

  it("refuses an attach that was sent right behind a subscription: lines and packets do not mix", async () => {
    const { path, echoes } = await startServer({
      handlers: { "events.subscribe": async () => ({ shells: [] }) },
    });
    const client = await SocketClient.greeted(path);
    const attach = client.request("shell.attach", { name: "a", cols: 1, rows: 1 });
    client.socket.write(client.request("events.subscribe") + attach + client.request("shell.list"));
    expect((await client.answer()).result).toEqual({ shells: [] });
    expect((await client.answer()).error?.data).toEqual({ code: "invalid_request" });
    expect((await client.answer()).result).toEqual({ shells: [] });
    expect(echoes).toEqual([]);
  });

  it("stops reading a client that does not read its answers", async () => {
    const { path } = await startServer();
    const client = await SocketClient.greeted(path);
    client.socket.pause();
    const call = client.request("shell.capture", { name: "a" });
    for (let count = 0; count < 60; count++)
      client.socket.write(call.replace(/"id":\d+/, `"id":${100 + count}`));
    const other = await SocketClient.greeted(path);
    await expect(other.call("shell.list")).resolves.toEqual({ shells: [] });
    client.socket.resume();
    for (let count = 0; count < 60; count++) expect((await client.answer()).result).toHaveProperty("text");
  });
});

describe("hello", () => {
  it("comes first", async () => {
    const { path } = await startServer();
    const client = await SocketClient.connect(path);
    client.socket.write(client.request("shell.list"));
    expect((await client.answer()).error?.data).toEqual({ code: "invalid_request" });
    expect(await client.rest()).toBe("");
  });

  it("of another protocol leaves only what all versions have", async () => {
    const { path } = await startServer();
    const client = await SocketClient.connect(path);
    await expect(client.call("hello", { protocol: 2, client: "t" })).rejects.toThrow("protocol_mismatch");
    await expect(client.call("shell.list")).rejects.toThrow("invalid_request");
    await expect(client.call("daemon.status")).resolves.toMatchObject({ v: 1 });
    await expect(client.call("daemon.stop")).resolves.toEqual({});
  });

  it("must come in time", async () => {
    const { path } = await startServer({ helloTimeoutMs: 50 });
    const client = await SocketClient.connect(path);
    client.socket.write('{"jsonrpc"');
    expect((await client.answer()).error?.data).toEqual({ code: "timeout" });
    expect(await client.rest()).toBe("");
  });

  it("must be short: 4 KiB", async () => {
    const { path } = await startServer();
    const client = await SocketClient.connect(path);
    client.socket.write(`{"jsonrpc":"2.0","id":1,"method":"hello","params":{"client":"${"x".repeat(5000)}`);
    expect((await client.answer()).error?.data).toMatchObject({ code: "invalid_request" });
    expect(await client.rest()).toBe("");
  });

  it("is refused to the 65th client, and not because of idle strangers", async () => {
    const { path, peers } = await startServer();
    const strangers = await Promise.all(Array.from({ length: 150 }, () => SocketClient.connect(path)));
    const clients = await Promise.all(Array.from({ length: 64 }, () => SocketClient.greeted(path)));
    expect(peers.clients).toBe(64);
    await expect(SocketClient.greeted(path)).rejects.toThrow("too_busy");
    clients[0]?.close();
    await expect.poll(() => peers.clients).toBe(63);
    const late = await SocketClient.greeted(path);
    for (const each of [...strangers, ...clients, late]) each.close();
  });
});

describe("attach", () => {
  it("turns the connection into packets, the first ones right behind the request", async () => {
    const { path, echoes } = await startServer();
    const client = await SocketClient.connect(path);
    const attach = client.request("shell.attach", { name: "a", cols: 80, rows: 24 });
    const packets = [
      encodePacket(Channel.Stdin, Buffer.from("one")),
      encodePacket(Channel.Stdin, Buffer.from("{two}\n")),
    ];
    client.socket.write(Buffer.concat([Buffer.from(HELLO + attach), ...packets]));
    expect(await client.answer()).toMatchObject({ id: 0 });
    expect(await client.answer()).toMatchObject({ id: 1, result: { resumed: false } });
    const frames = [await client.frame(), await client.frame(), await client.frame()];
    expect(frames.map((frame) => Buffer.from(frame ?? []).toString("latin1"))).toEqual([
      "\x01hi",
      "\x01one",
      "\x01{two}\n",
    ]);
    client.close();
    await expect.poll(() => echoes[0]?.events).toEqual(["start", "one", "{two}\n", "closed"]);
  });

  it("loses nothing however request and packets are cut", async () => {
    const { path } = await startServer();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 }), async (cuts) => {
        const client = await SocketClient.connect(path);
        const attach = client.request("shell.attach", { name: "a", cols: 80, rows: 24 });
        const stream = Buffer.concat([
          Buffer.from(HELLO + attach),
          encodePacket(Channel.Stdin, Buffer.from("typed")),
        ]);
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          client.socket.write(stream.subarray(at, at + cut));
          at += cut;
          await new Promise(setImmediate);
        }
        await client.answer();
        await client.answer();
        await client.frame();
        expect(Buffer.from((await client.frame()) ?? []).toString("latin1")).toBe("\x01typed");
        client.close();
      }),
      { numRuns: 30 },
    );
  });

  it("waits for the answers of calls before it, so that its own is the last line", async () => {
    const { path, gates } = await startServer();
    const client = await SocketClient.greeted(path);
    client.socket.write(
      client.request("shell.kill", { name: "a" }) +
        client.request("shell.attach", { name: "a", cols: 1, rows: 1 }),
    );
    await expect.poll(() => gates.length).toBe(1);
    gates[0]?.();
    expect(await client.answer()).toMatchObject({ id: 2 });
    expect(await client.answer()).toMatchObject({ id: 3, result: { resumed: false } });
  });

  it("goes on with lines when it fails", async () => {
    const { path } = await startServer();
    const client = await SocketClient.greeted(path);
    client.socket.write(
      client.request("shell.attach", { name: "nobody", cols: 1, rows: 1 }) + client.request("shell.list"),
    );
    expect((await client.answer()).error?.data).toEqual({ code: "shell_not_found" });
    expect((await client.answer()).result).toEqual({ shells: [] });
  });

  it("ends on a packet with an impossible length, and on half a packet without effect", async () => {
    const { path, echoes } = await startServer();
    const attach = async () => {
      const client = await SocketClient.greeted(path);
      await client.call("shell.attach", { name: "a", cols: 80, rows: 24 });
      return client;
    };
    (await attach()).socket.write(Uint8Array.of(0, 1, 0, 1, 0));
    await expect.poll(() => echoes[0]?.events).toEqual(["start", "closed"]);
    (await attach()).socket.end(encodePacket(Channel.Stdin, Buffer.from("half")).subarray(0, 6));
    await expect.poll(() => echoes[1]?.events).toEqual(["start", "closed"]);
  });
});

describe("hostile clients", () => {
  it("gives HTTP one line of help", async () => {
    const { path } = await startServer();
    const client = await SocketClient.connect(path);
    client.socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(await client.line()).toMatch(/^this is the socket of agentd: .* not HTTP · try: agentd ls$/);
    expect(await client.rest()).toBe("");
  });

  it("refuses a batch of 9 MB at its beginning", async () => {
    const { path } = await startServer();
    const one = '{"jsonrpc":"2.0","id":1,"method":"shell.list"}';
    const batch = `[${`${one},`.repeat(200_000)}${one}]\n`;
    const client = await SocketClient.greeted(path);
    const cpu = process.cpuUsage();
    client.socket.write(batch);
    expect((await client.answer()).error?.data).toMatchObject({ code: "invalid_request" });
    const used = process.cpuUsage(cpu);
    expect((used.user + used.system) / 1000).toBeLessThan(500);
    const other = await SocketClient.greeted(path);
    await expect(other.call("shell.list")).resolves.toEqual({ shells: [] });
  });

  it("survives garbage of every kind while a good client is served", async () => {
    const { path, log } = await startServer();
    const json = fc.json().map((text) => Buffer.from(`${text}\n`));
    const call = fc
      .record({
        jsonrpc: fc.constant("2.0"),
        id: fc.nat(9),
        method: fc.constantFrom("hello", "shell.new", "x"),
        params: fc.jsonValue(),
      })
      .map((value) => Buffer.from(`${JSON.stringify(value)}\n`));
    const bytes = fc.uint8Array({ maxLength: 3000 }).map((value) => Buffer.from(value));
    const piece = fc.oneof(json, call, bytes, fc.constant(Buffer.from(HELLO)));
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 10 }), fc.boolean(), async (pieces, abrupt) => {
        const good = await SocketClient.greeted(path);
        const bad = await SocketClient.connect(path);
        bad.socket.write(Buffer.concat(pieces));
        if (abrupt) bad.close();
        else bad.socket.end();
        await expect(good.call("shell.detach")).resolves.toEqual({ detached: 0 });
        good.close();
        await bad.rest();
      }),
      { numRuns: 150 },
    );
    expect(log.entries.filter(({ phrase }) => phrase === "call failed inside the daemon")).toEqual([]);
  });

  it("serves a good client while 64 idle ones say nothing", async () => {
    const { path } = await startServer();
    const idle = await Promise.all(Array.from({ length: 64 }, () => SocketClient.connect(path)));
    for (const client of idle) client.socket.write('{"json');
    const started = performance.now();
    const good = await SocketClient.greeted(path);
    await good.call("shell.list");
    expect(performance.now() - started).toBeLessThan(500);
    for (const client of idle) client.close();
  });

  it("closes a client that goes on calling after 64 refusals", async () => {
    const { path } = await startServer();
    const client = await SocketClient.greeted(path);
    for (let count = 0; count < 400; count++) client.socket.write(client.request("shell.list"));
    const text = await client.rest();
    expect(text.match(/too_busy/g)?.length).toBe(65);
  });

  it("frees everything of 200 clients that vanish in the middle of something", async () => {
    const { path, peers, echoes } = await startServer();
    const stream = Buffer.concat([
      Buffer.from(
        `${HELLO}{"jsonrpc":"2.0","id":1,"method":"shell.attach","params":{"name":"a","cols":1,"rows":1}}\n`,
      ),
      encodePacket(Channel.Stdin, Buffer.from("typed")),
    ]);
    for (let count = 0; count < 200; count++) {
      const client = await SocketClient.connect(path);
      client.socket.write(stream.subarray(0, (count * 7) % stream.length));
      client.socket.destroySoon();
    }
    await expect.poll(() => peers.clients).toBe(0);
    await expect
      .poll(() => echoes.every(({ events }) => events.filter((event) => event === "closed").length === 1))
      .toBe(true);
  });
});
