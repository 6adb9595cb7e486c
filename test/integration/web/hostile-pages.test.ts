// What a page, or a program that pretends to be one, can do wrong: it is cut off, and nobody else notices.
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { Channel } from "../../../shared/channel.js";
import { fc } from "../../support/property.js";
import { RawConnection, requestBytes } from "../../support/raw-http.js";
import { goodLines, openAddress, openSocket, post, WebPage, whereOf } from "../../support/web-page.js";
import { freshNonce, keyOf, sha256, WebWorld, type WebWorldOptions } from "../../support/web-world.js";

async function start(options?: WebWorldOptions) {
  const world = new WebWorld(options);
  const { url } = await world.server.start({});
  const token = await openAddress(url);
  return { world, url, token, ...whereOf(url) };
}

/** A page that is attached to `work`. */
async function attached(options?: WebWorldOptions) {
  const rig = await start(options);
  const page = await WebPage.open(rig.url, rig.token);
  await page.call("shell.attach", { name: "work", cols: 80, rows: 24 });
  return { ...rig, page };
}

const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;

describe("a socket without a token", () => {
  it("is closed when it sends a frame first", async () => {
    const { url, world } = await start();
    const socket = await openSocket(url);
    socket.frame(FIN_BINARY, Buffer.of(Channel.Stdin, 120));
    expect(await socket.closeCode()).toBe(1008);
    expect(world.calls).toEqual([]);
  });

  it("is closed when it says nothing in time", async () => {
    const { url } = await start({ tokenMs: 50 });
    expect(await (await openSocket(url)).closeCode()).toBe(1008);
  });

  it.each([
    ["no JSON", "hello"],
    ["a call", '{"jsonrpc":"2.0","id":1,"method":"shell.list"}'],
    ["a token of another type", '{"token":{"length":43}}'],
    ["an inherited token", '{"__proto__":{"token":"x"}}'],
    ["a deep value", "[".repeat(60_000)],
  ])("is closed for %s instead of one", async (_what, text) => {
    const { url, world } = await start();
    const socket = await openSocket(url);
    socket.text(text);
    expect(await socket.closeCode()).toBe(4001);
    expect(world.calls).toEqual([]);
  });

  it("makes room for others: the oldest of 33 goes", async () => {
    const { url } = await start();
    const first = await openSocket(url);
    for (let i = 0; i < 32; i++) await openSocket(url);
    expect(await first.closeCode()).toBe(1013);
  });

  it("is one of 64 at most, although none of those that must go answers", async () => {
    const { url, world } = await start();
    for (let i = 0; i < 150; i++) await openSocket(url);
    expect(world.server.status()?.sockets).toBeLessThanOrEqual(64);
  });
});

describe("wrong keys and tokens", () => {
  it("are told to wait after ten in a minute, and right ones never", async () => {
    const { world, url, token, where, host } = await start();
    const wrong = () => post(where, host, "/session", { key: "A".repeat(43), nonce: freshNonce() });
    for (let i = 0; i < 10; i++) expect((await wrong()).status).toBe(401);
    expect((await wrong()).status).toBe(429);
    // A right one is let in all the same: whoever shares this machine must not be able to keep its owner out.
    const tokenId = sha256(token).subarray(0, 8).toString("base64url");
    const prove = () => post(where, host, "/session/prove", { tokenId, nonce: freshNonce() });
    expect((await prove()).status).toBe(200);
    const { url: another } = await world.server.start({});
    await WebPage.open(url, await openAddress(another));
    // What was used is wrong from then on.
    const used = { key: keyOf(another), nonce: freshNonce() };
    expect((await post(where, host, "/session", used)).status).toBe(429);
    world.monotonicMs += 60_001;
    expect((await wrong()).status).toBe(401);
  });

  it("are all but one of those that show the same key at the same moment", async () => {
    const { world } = await start();
    const { url } = await world.server.start({});
    const { where, host } = whereOf(url);
    const body = () => ({ key: keyOf(url), nonce: freshNonce() });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(where, host, "/session", body())),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ value }) => "token" in value)).toHaveLength(1);
  });

  it("count on a WebSocket as well", async () => {
    const { url, token } = await start();
    for (let i = 0; i < 10; i++) {
      const socket = await openSocket(url);
      socket.text({ token: "A".repeat(43) });
      expect(await socket.closeCode()).toBe(4001);
    }
    const eleventh = await openSocket(url);
    eleventh.text({ token: "A".repeat(43) });
    expect(await eleventh.closeCode()).toBe(1013);
    await WebPage.open(url, token);
  });
});

describe("a page with a token", () => {
  it("may send 65,536 bytes and not one more", async () => {
    const { page, world } = await attached();
    page.send(Channel.Stdin, "x".repeat(65_535));
    await page.connection.message();
    expect((await page.connection.message())?.payload.length).toBe(65_536);
    page.send(Channel.Stdin, "x".repeat(65_536));
    expect(await page.connection.closeCode()).toBe(1009);
    expect(world.frames.map((frame) => frame.slice(0, 6))).toEqual(["0 xxxx", "closed"]);
  });

  it("may not reach that length in parts, nor send very many", async () => {
    const parts = await attached();
    parts.page.connection.frame(0x02, Buffer.alloc(40_000));
    parts.page.connection.frame(0x80, Buffer.alloc(40_000));
    expect(await parts.page.connection.closeCode()).toBe(1009);
    const many = await attached();
    many.page.connection.frame(0x02, Buffer.of(Channel.Stdin));
    for (let i = 0; i < 64; i++) many.page.connection.frame(0x00, "x");
    expect(await many.page.connection.closeCode()).toBe(1008);
    expect([...parts.world.frames, ...many.world.frames]).toEqual(["closed", "closed"]);
  });

  it("is closed for a frame without a mask, of no channel, or compressed", async () => {
    for (const [flags, payload, masked, code] of [
      [FIN_BINARY, Buffer.of(Channel.Stdin, 120), false, 1002],
      [FIN_BINARY, Buffer.alloc(0), true, 1008],
      [0xc2, Buffer.of(Channel.Stdin, 120), true, 1002],
    ] as const) {
      const { page, world } = await attached();
      page.connection.frame(flags, payload, { masked });
      expect(await page.connection.closeCode()).toBe(code);
      expect(world.frames).toEqual(["closed"]);
    }
  });

  it("is closed for frames before it has attached, and for text after", async () => {
    const { url, token, world } = await start();
    const early = await WebPage.open(url, token);
    early.send(Channel.Stdin, "x");
    expect(await early.connection.closeCode()).toBe(1008);
    expect(world.frames).toEqual([]);
    const late = await attached();
    late.page.connection.text({ jsonrpc: "2.0", id: 9, method: "shell.list", params: {} });
    expect(await late.page.connection.closeCode()).toBe(1008);
    expect(late.world.calls.at(-1)).toMatch(/^shell.attach/);
  });

  it("gets the frames that it sent right behind an attach delivered in order, after the answer", async () => {
    const { url, token, world } = await start();
    const page = await WebPage.open(url, token);
    page.connection.text({
      jsonrpc: "2.0",
      id: 7,
      method: "shell.attach",
      params: { name: "work", cols: 9, rows: 9 },
    });
    page.send(Channel.Stdin, "a");
    page.send(Channel.Stdin, "b");
    expect(await page.connection.json()).toMatchObject({ id: 7 });
    for (const text of ["hi", "a", "b"])
      expect((await page.connection.message())?.payload.subarray(1).toString()).toBe(text);
    expect(world.frames).toEqual(["0 a", "0 b"]);
  });

  it.each([
    ["deep", `{"jsonrpc":"2.0","id":1,"method":"shell.list","params":${"[".repeat(500)}`, -32700],
    ["no JSON at all", "{".repeat(60_000), -32700],
    ["a batch", '[{"jsonrpc":"2.0","id":1,"method":"shell.list"}]', -32600],
    ["not UTF-8", Buffer.from('{"\xff":1}', "latin1"), -32700],
  ])("gets an error for JSON that is %s, and goes on", async (what, json, code) => {
    const { url, token } = await start();
    const page = await WebPage.open(url, token);
    page.connection.frame(FIN_TEXT, json);
    // The WebSocket protocol itself ends a connection whose text is no text.
    if (what === "not UTF-8") expect(await page.connection.closeCode()).toBe(1007);
    else {
      expect(await page.connection.json()).toMatchObject({ error: { code } });
      await page.call("shell.list");
    }
  });

  it("reaches no method that is not for pages", async () => {
    const { url, token, world } = await start();
    const page = await WebPage.open(url, token);
    const before = world.calls.length;
    for (const [method, params] of [
      ["daemon.stop", {}],
      ["web.start", {}],
      ["web.stop", {}],
      ["web.ls", {}],
      ["web.link", {}],
      ["web.revoke", { all: true }],
    ] as const)
      await expect(page.call(method, params), method).rejects.toThrow("access_denied");
    await expect(page.call("constructor")).rejects.toThrow("method_not_found");
    expect(world.calls).toHaveLength(before);
  });

  it("asks for a local shell, and gets the home and the environment of a login, whatever it wrote", async () => {
    const { url, token, world } = await start();
    const page = await WebPage.open(url, token);
    for (const extra of [{}, { cwd: "/etc", env: { LD_PRELOAD: "x" } }]) {
      await page.call("shell.new", { name: "new", target: { kind: "local", ...extra } });
      const target = { kind: "local", cwd: "/home/me", env: { HOME: "/home/me", AGENTD_SHELL: "new" } };
      expect(JSON.parse(world.calls.at(-1)?.slice("shell.new ".length) ?? "")).toEqual({
        name: "new",
        target,
      });
    }
  });

  it("is cut off when it sends nothing but refused calls", async () => {
    const { url, token } = await start();
    const page = await WebPage.open(url, token);
    for (let i = 0; i < 70; i++) page.connection.text("{}");
    expect(await page.connection.closeCode()).toBe(1008);
  });

  it("leaves nothing behind when its connection breaks", async () => {
    const { page, world } = await attached();
    page.connection.close();
    await expect.poll(() => world.frames).toEqual(["closed"]);
  });
});

describe("random messages", () => {
  it("reach nothing that they may not, and keep nobody else waiting", async () => {
    const { world, url, token } = await start();
    const reading = await world.server.link({ name: "work", readOnly: true });
    const readingToken = await openAddress(reading.url);
    const word = fc.constantFrom(
      "shell.attach",
      "shell.send",
      "shell.kill",
      "daemon.stop",
      "work",
      "other",
      "hello",
      "name",
    );
    const call = fc
      .record({ jsonrpc: fc.constant("2.0"), id: fc.nat(9), method: word, params: fc.dictionary(word, word) })
      .map((value) => JSON.stringify(value));
    const attach = fc.constant(
      '{"jsonrpc":"2.0","id":77,"method":"shell.attach","params":{"name":"work","cols":9,"rows":9}}',
    );
    const payload = fc.oneof(attach, call, fc.string(), fc.uint8Array({ maxLength: 300 }));
    const flags = fc.oneof(fc.constantFrom(0x81, 0x82, 0x88, 0x89), fc.nat(255));
    const messages = fc.array(fc.tuple(flags, payload), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(messages, async (list) => {
        world.calls.length = 0;
        const page = await WebPage.open(url, readingToken);
        for (const [first, body] of list) page.connection.frame(first, body);
        page.connection.frame(0x88, Buffer.of(3, 232));
        await page.connection.closeCode();
        page.connection.close();
        const reached = world.calls.map((text) => text.split(" ")[0]);
        for (const method of reached) expect(["hello", "shell.attach"]).toContain(method);
        for (const text of world.calls.filter((each) => each.startsWith("shell.attach"))) {
          expect(text).toContain('"name":"work"');
          expect(text).toContain('"readOnly":true');
        }
        expect(world.frames.filter((frame) => frame.startsWith("0 "))).toEqual([]);
      }),
      { numRuns: 200 },
    );
    await (await WebPage.open(url, token)).call("shell.list");
  });
});

describe("a request that takes its time", () => {
  it.each([
    ["nothing", ""],
    ["half of its headers", "GET / HTTP/1.1\r\nHost: x\r\n"],
    ["a header now and then", "slow"],
    ["half of its body", "POST /session HTTP/1.1\r\nContent-Length: 100\r\n"],
  ])("is cut off: %s", async (what, text) => {
    const { where, host } = await start({ requestMs: 200 });
    const connection = await RawConnection.open(where);
    const head = text.startsWith("POST")
      ? `${text}Content-Type: application/json\r\n${goodLines(host).join("\r\n")}\r\n\r\n{`
      : text;
    let drip: NodeJS.Timeout | undefined;
    if (what === "a header now and then") {
      connection.socket.write("GET / HTTP/1.1\r\n");
      drip = setInterval(() => connection.socket.write("X-Slow: 1\r\n"), 50);
    } else connection.socket.write(head);
    await connection.ended();
    clearInterval(drip);
  });

  it("ends with five seconds in the product", async () => {
    const { WEB_LIMITS } = await import("../../../daemon/web/limits.js");
    expect(WEB_LIMITS).toMatchObject({
      requestMs: 5000,
      tokenMs: 2000,
      sockets: 32,
      linkSockets: 8,
      messageBytes: 65_536,
      headerBytes: 8192,
    });
  });
});

describe("a page that does not read", () => {
  it("is behind with 512 KiB that it has not acknowledged, and back when it has", async () => {
    const { page, world } = await attached();
    const sink = world.sinks.at(-1)!;
    let drained = 0;
    sink.onDrain(() => {
      drained += 1;
    });
    const frame = Buffer.alloc(65_536, Channel.Stdout);
    for (let i = 0; i < 9; i++) sink.send(frame);
    expect(sink.queuedBytes).toBeGreaterThan(128 * 1024);
    // All of it was received; but nothing was parsed.
    for (let i = 0; i < 10; i++) await page.connection.message();
    expect(sink.queuedBytes).toBeGreaterThan(128 * 1024);
    expect(drained).toBe(0);
    const ack = (bytes: number) => {
      const payload = Buffer.alloc(4);
      payload.writeUInt32BE(bytes);
      page.send(Channel.Ack, payload);
    };
    page.send(Channel.Ack, "");
    page.send(Channel.Ack, "12345");
    ack(0);
    ack(0xffff_ffff);
    page.send(Channel.Stdin, "done");
    await page.connection.message();
    expect(drained).toBe(1);
    expect(sink.queuedBytes).toBe(0);
    // No shell ever sees an acknowledgement.
    expect(world.frames).toEqual(["0 done"]);
  });

  it("fills no memory with echoes of its heartbeats: they count until they have left", async () => {
    const { page, world } = await attached();
    const sink = world.sinks.at(-1)!;
    page.connection.socket.pause();
    const heartbeat = Buffer.alloc(65_536, Channel.Heartbeat);
    while (sink.queuedBytes < 256 * 1024) {
      sink.send(heartbeat);
      await new Promise(setImmediate);
    }
    page.connection.socket.resume();
    await expect.poll(() => sink.queuedBytes).toBe(0);
  });

  it("acknowledges while its typing waits", async () => {
    const { page, world } = await attached();
    const sink = world.sinks.at(-1)!;
    for (let i = 0; i < 9; i++) sink.send(Buffer.alloc(65_536, Channel.Stdout));
    sink.pauseInput();
    page.send(Channel.Stdin, "a");
    page.send(Channel.Ack, Buffer.of(0, 8, 0, 0));
    page.send(Channel.Stdin, "b");
    await expect.poll(() => sink.queuedBytes).toBe(0);
    expect(world.frames).toEqual([]);
    sink.resumeInput();
    await expect.poll(() => world.frames).toEqual(["0 a", "0 b"]);
  });

  it("keeps no more of its typing than a quarter of a megabyte while that waits", async () => {
    const { page, world } = await attached();
    const sink = world.sinks.at(-1)!;
    sink.pauseInput();
    const socket = page.connection.socket;
    let sent = 0;
    while (!socket.writableNeedDrain && sent < 64) {
      page.send(Channel.Stdin, String(sent).padStart(2, "0").padEnd(60_000, "x"));
      sent += 1;
      await new Promise(setImmediate);
    }
    sink.resumeInput();
    if (socket.writableNeedDrain) await once(socket, "drain");
    await expect.poll(() => world.frames.length).toBe(sent);
    expect(world.frames.map((frame) => Number(frame.slice(2, 4)))).toEqual([...Array(sent).keys()]);
  });
});

describe("connections on which nothing is sent", () => {
  it("keep nobody out, however many they are", async () => {
    const { where, host, url, token } = await start();
    const held: RawConnection[] = [];
    for (let i = 0; i < 100; i++) held.push(await RawConnection.open(where));
    const connection = await RawConnection.open(where);
    expect((await connection.ask(requestBytes("GET", "/", [`Host: ${host}`]))).status).toBe(200);
    await WebPage.open(url, token);
    await held[0]?.ended();
  });
});

describe("two requests on one connection", () => {
  it("are judged each for itself", async () => {
    const { where, host } = await start();
    const connection = await RawConnection.open(where);
    const good = requestBytes("GET", "/", [`Host: ${host}`]);
    const answer = await connection.ask(good + requestBytes("GET", "/", ["Host: evil.com"]));
    expect(answer.status).toBe(200);
    expect((await connection.answer()).status).toBe(421);
  });
});
