// Links: what they open, for how long, and that the next daemon keeps them; all of it kept by the server.
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, createServer as createForwarder } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemDisk } from "../../../daemon/shell/state/disk.js";
import { Channel } from "../../../shared/channel.js";
import type { ShellInfo } from "../../../shared/rpc.js";
import { RawConnection, requestBytes } from "../../support/raw-http.js";
import { tempDirectory } from "../../support/temp-directory.js";
import { openAddress, openSocket, post, WebPage, whereOf } from "../../support/web-page.js";
import { freshNonce, keyOf, sha256, WebWorld } from "../../support/web-world.js";

const LEAD = '{"kind":"lead"}';
const SIZE = '{"width":20,"height":5}';

async function linked(params: Parameters<WebWorld["server"]["link"]>[0], world = new WebWorld()) {
  const address = await world.server.link(params);
  const token = await openAddress(address.url);
  return { world, token, ...address, page: await WebPage.open(address.url, token) };
}

const size = { cols: 80, rows: 24 };
const shell = (name: string) => ({ name }) as ShellInfo;

describe("a link of one shell", () => {
  it("shows this shell and no other, in lists and in events", async () => {
    const { page, world } = await linked({ name: "work" });
    expect(page.scope).toEqual({ shell: "work", owner: false, readOnly: false });
    expect(await page.call("shell.list")).toMatchObject({ shells: [{ name: "work" }] });
    expect((await page.call<{ shells: unknown[] }>("events.subscribe")).shells).toMatchObject([
      { name: "work" },
    ]);
    world.tell({ kind: "changed", shell: shell("other") });
    world.tell({ kind: "forgotten", name: "other" });
    world.tell({ kind: "renamed", from: "other", shell: shell("another") });
    world.tell({ kind: "changed", shell: shell("work") });
    expect(await page.connection.json()).toMatchObject({
      params: { kind: "changed", shell: { name: "work" } },
    });
  });

  it("opens no method of another shell, nor one that makes, ends or takes shells", async () => {
    const { page, world } = await linked({ name: "work" });
    const before = world.calls.length;
    const name = "other";
    for (const [method, params] of [
      ["shell.info", { name }],
      ["shell.capture", { name }],
      ["shell.attach", { name, ...size }],
      ["shell.watch", { name }],
      ["shell.send", { name, data: "eA==" }],
      ["shell.resize", { name, ...size }],
    ] as const)
      await expect(page.call(method, params), method).rejects.toThrow("shell_not_found");
    for (const [method, params] of [
      ["shell.new", { name: "work", target: { kind: "local" } }],
      ["shell.kill", { name: "work" }],
      ["shell.rename", { name: "work", to: "mine" }],
      ["shell.label", { name: "work", labels: {} }],
      ["shell.detach", {}],
      ["shell.attach", { name: "work", ...size, take: true }],
      ["shell.attach", { name: "work", ...size, detachOthers: true }],
      ["daemon.status", {}],
      ["daemon.stop", {}],
      ["web.link", {}],
    ] as const)
      await expect(page.call(method, params), method).rejects.toThrow("access_denied");
    expect(world.calls).toHaveLength(before);
    await page.call("shell.send", { name: "work", data: "eA==" });
    await page.call("shell.attach", { name: "work", ...size });
    await page.connection.message();
    page.send(Channel.Stdin, "ls");
    expect((await page.connection.message())?.payload.toString()).toBe("\u0001ls");
  });

  it("goes with its shell to another name, and ends with it", async () => {
    const { page, world, url, token } = await linked({ name: "work" });
    world.shells = ["job", "work"];
    world.tell({ kind: "renamed", from: "work", shell: shell("job") });
    const { shells, ...rest } = await page.call<{ shells: ShellInfo[] }>("shell.list");
    expect([shells.map(({ name }) => name), rest]).toEqual([["job"], {}]);
    // A new shell of the old name is another shell.
    await expect(page.call("shell.info", { name: "work" })).rejects.toThrow("shell_not_found");
    world.tell({ kind: "forgotten", name: "job" });
    expect(await page.connection.closeCode()).toBe(4001);
    await expect(WebPage.open(url, token)).rejects.toThrow("4001");
  });

  it("is not made for a shell that is not there, and does not turn the web terminal on", async () => {
    const world = new WebWorld();
    await expect(world.server.link({ name: "nobody" })).rejects.toMatchObject({ code: "shell_not_found" });
    expect(world.server.list()).toEqual({ v: 1, on: false, places: [], links: [] });
  });
});

describe("a read-only link", () => {
  it("cannot change anything by any call", async () => {
    const { page, world } = await linked({ readOnly: true });
    expect(page.scope).toEqual({ owner: false, readOnly: true });
    const before = world.calls.length;
    for (const [method, params] of [
      ["shell.new", { name: "x", target: { kind: "local" } }],
      ["shell.kill", { name: "work" }],
      ["shell.rename", { name: "work", to: "x" }],
      ["shell.send", { name: "work", data: "eA==" }],
      ["shell.resize", { name: "work", ...size }],
      ["shell.label", { name: "work", labels: {} }],
      ["shell.detach", { name: "work" }],
      ["shell.attach", { name: "work", ...size, take: true }],
      ["daemon.stop", {}],
    ] as const)
      await expect(page.call(method, params), method).rejects.toThrow("read_only");
    expect(world.calls).toHaveLength(before);
  });

  it("is attached read-only whatever it asks for, and its typing reaches no shell", async () => {
    const { page, world } = await linked({ name: "work", readOnly: true });
    await page.call("shell.attach", { name: "work", ...size, readOnly: false });
    expect(world.calls.at(-1)).toBe(
      `shell.attach ${JSON.stringify({ name: "work", ...size, readOnly: true })}`,
    );
    page.send(Channel.Stdin, "rm -rf /\n");
    page.send(Channel.Notice, LEAD);
    page.send(Channel.Resize, SIZE);
    page.send(Channel.Close);
    // What is not typing goes on to the shell's own rules for who only reads (client-frame, size-policy).
    await expect.poll(() => world.frames).toEqual([`17 ${LEAD}`, `4 ${SIZE}`, "255 "]);
  });
});

describe("the end of a link", () => {
  it("comes with its time, and closes its sockets", async () => {
    const { page, world, url, token } = await linked({ expiresInMs: 60_000 });
    expect(page.scope["expiresAt"]).toBe(new Date(world.wallMs + 60_000).toISOString());
    world.wallMs += 60_000;
    expect(await page.connection.closeCode()).toBe(4001);
    await expect(WebPage.open(url, token)).rejects.toThrow("4001");
  });

  it("comes with its revocation, for its sockets alone", async () => {
    const world = new WebWorld();
    const kept = await linked({}, world);
    const { page, id, url, token } = await linked({ name: "work" }, world);
    await page.call("shell.attach", { name: "work", ...size });
    expect(await world.server.revoke({ id })).toEqual({ revoked: 1 });
    expect(world.frames).toEqual(["closed"]);
    expect(await page.connection.closeCode()).toBe(4002);
    await expect(WebPage.open(url, token)).rejects.toThrow("4001");
    await kept.page.call("shell.list");
    await expect(world.server.revoke({ id })).rejects.toMatchObject({ code: "invalid_params" });
    expect(await world.server.revoke({ all: true })).toEqual({ revoked: 1 });
    expect(await kept.page.connection.closeCode()).toBe(4002);
  });

  it("comes although its page does not close", async () => {
    const { page, world, id } = await linked({});
    await world.server.revoke({ id });
    // No close frame is sent back: the connection itself ends.
    await page.connection.ended();
    await expect.poll(() => world.server.status()?.sockets).toBe(0);
  });

  it("comes with twelve hours without use, but not to a page that is open", async () => {
    const world = new WebWorld();
    const open = await linked({}, world);
    const closed = await linked({}, world);
    closed.page.connection.close();
    await expect.poll(() => world.server.status()?.sockets).toBe(1);
    for (let hours = 0; hours < 15; hours += 5) {
      const before = world.server.list().links[0]?.usedAt;
      world.wallMs += 5 * 3_600_000;
      await expect.poll(() => world.server.list().links[0]?.usedAt).not.toBe(before);
    }
    expect(world.server.list().links.map(({ id }) => id)).toEqual([open.id]);
    await expect(WebPage.open(closed.url, closed.token)).rejects.toThrow("4001");
  });

  it("comes with the end of the web terminal, of which nothing stays", async () => {
    const { page, world, url } = await linked({});
    expect(readdirSync(world.stateDirectory)).toContain("web.json");
    expect(await world.server.stop()).toEqual({ stopped: true });
    expect(await page.connection.closeCode()).toBe(4001);
    expect(readdirSync(world.stateDirectory)).not.toContain("web.json");
    await expect(openSocket(url)).rejects.toThrow("ECONNREFUSED");
    expect(await world.server.stop()).toEqual({ stopped: false });
    expect(world.server.status()).toBeUndefined();
  });
});

describe("the next daemon", () => {
  it("serves the same port, the same tokens and the same links", async () => {
    const first = new WebWorld();
    const owner = await first.server.start({});
    const token = await openAddress(owner.url);
    const { token: linkToken } = await linked({ name: "work", readOnly: true }, first);
    const unopened = await first.server.start({});
    const stateFile = join(first.stateDirectory, "web.json");
    expect(statSync(stateFile).mode & 0o777).toBe(0o600);
    const saved = readFileSync(stateFile, "utf8");
    for (const secret of [token, linkToken, keyOf(owner.url), keyOf(unopened.url)])
      expect(saved).not.toContain(secret);
    await first.end();

    const second = new WebWorld({ stateDirectory: first.stateDirectory });
    await second.server.restore();
    const page = await WebPage.open(owner.url, token);
    expect(page.scope).toEqual({ owner: true, readOnly: false });
    const link = await WebPage.open(owner.url, linkToken);
    expect(link.scope).toEqual({ shell: "work", owner: false, readOnly: true });
    // A key that nobody had used is gone with its daemon.
    await expect(openAddress(unopened.url)).rejects.toThrow("401");
    const { where, host } = whereOf(owner.url);
    const tokenId = sha256(token).subarray(0, 8).toString("base64url");
    expect((await post(where, host, "/session/prove", { tokenId, nonce: freshNonce() })).status).toBe(200);
  });

  it("drops the link of a shell that is gone", async () => {
    const first = new WebWorld();
    const { url, token } = await linked({ name: "work" }, first);
    await linked({}, first);
    await first.end();
    const second = new WebWorld({ stateDirectory: first.stateDirectory });
    second.shells = ["other"];
    await second.server.restore();
    await expect(WebPage.open(url, token)).rejects.toThrow("4001");
  });

  it("drops the link of a shell whose name another one has, and keeps that of one with another name", async () => {
    const first = new WebWorld();
    const { url, token } = await linked({ name: "work" }, first);
    const other = await linked({ name: "other" }, first);
    await first.end();
    const second = new WebWorld({ stateDirectory: first.stateDirectory });
    // `work` was ended and made again; `other` was renamed.
    second.shells = ["work", "renamed"];
    const ids = { work: "id of the next one", renamed: "id of other" };
    second.infoOf = (name) =>
      ({
        name,
        shellId: ids[name as keyof typeof ids],
        runtimeSessionId: "s",
        createdAt: `later, ${name}`,
      }) as ShellInfo;
    await second.server.restore();
    await expect(WebPage.open(url, token)).rejects.toThrow("4001");
    const page = await WebPage.open(other.url, other.token);
    expect(page.scope).toMatchObject({ shell: "renamed" });
  });

  it("does not listen when no link is left that anybody could come back with", async () => {
    const first = new WebWorld();
    await linked({ name: "work" }, first);
    await first.server.start({});
    await first.end();
    const second = new WebWorld({ stateDirectory: first.stateDirectory });
    second.wallMs = first.wallMs + 12 * 3_600_000;
    await second.server.restore();
    expect(second.server.status()).toBeUndefined();
    expect(readdirSync(first.stateDirectory)).not.toContain("web.json");
  });

  it("gives up a port that a stranger has, with all that its tabs may have told him", async () => {
    const first = new WebWorld();
    const { url } = await first.server.start({});
    const token = await openAddress(url);
    await first.end();
    const stranger = createServer().listen(Number(new URL(url).port), "127.0.0.1");
    onTestFinished(() => void stranger.close());
    await new Promise((resolve) => stranger.once("listening", resolve));
    const second = new WebWorld({ stateDirectory: first.stateDirectory });
    await second.server.restore();
    expect(second.server.status()).toBeUndefined();
    expect(readdirSync(first.stateDirectory)).not.toContain("web.json");
    await new Promise((resolve) => stranger.close(resolve));
    // Also when he has gone: what he left in the browser would see the next key.
    const next = await second.server.start({});
    expect(next.port).not.toBe(Number(new URL(url).port));
    await expect(WebPage.open(next.url, token)).rejects.toThrow("4001");
  });

  it("keeps its links for the Unix socket when a stranger has the port", async () => {
    const first = new WebWorld();
    const socket = join(tempDirectory(), "web.sock");
    const { url } = await first.server.start({});
    const unix = await first.server.start({ socket });
    const token = await openAddress(unix.url, { path: socket });
    await first.end();
    const stranger = createServer().listen(Number(new URL(url).port), "127.0.0.1");
    onTestFinished(() => void stranger.close());
    await new Promise((resolve) => stranger.once("listening", resolve));
    const second = new WebWorld({ stateDirectory: first.stateDirectory });
    await second.server.restore();
    expect(second.server.list().places).toEqual([{ url: "http://localhost:8080/", socket }]);
    await WebPage.open(unix.url, token, { path: socket });
  });

  it.each(["", "{}", '{"v":1,"places":[{"kind":"tcp","port":80}],"passes":[]}', "\u0000"])(
    "stays off with a state file that holds %j",
    async (content) => {
      const stateDirectory = tempDirectory();
      writeFileSync(join(stateDirectory, "web.json"), content, { mode: 0o600 });
      const world = new WebWorld({ stateDirectory });
      await world.server.restore();
      expect(world.server.status()).toBeUndefined();
      await world.server.start({});
    },
  );

  it("serves none of a daemon whose disk was full when one was revoked", async () => {
    let isFull = false;
    const writeNew = (path: string, content: Buffer) =>
      isFull ? Promise.reject(new Error("ENOSPC")) : systemDisk.writeNew(path, content);
    const first = new WebWorld({ disk: { ...systemDisk, writeNew } });
    const { url } = await first.server.start({});
    await openAddress(url);
    const { id, ...link } = await first.server.link({});
    await openAddress(link.url);
    isFull = true;
    await first.server.revoke({ id });
    await first.end();
    const second = new WebWorld({ stateDirectory: first.stateDirectory });
    await second.server.restore();
    expect(second.server.list()).toMatchObject({ on: false, links: [] });
  });

  it("does not believe a state file that others can write", async () => {
    const first = new WebWorld();
    await linked({}, first);
    await first.end();
    chmodSync(join(first.stateDirectory, "web.json"), 0o644);
    const second = new WebWorld({ stateDirectory: first.stateDirectory });
    await second.server.restore();
    expect(second.server.status()).toBeUndefined();
  });
});

describe("the Unix socket for ssh -L", () => {
  it("is private, and is spoken to under the one Host that it was given", async () => {
    const path = join(tempDirectory(), "web.sock");
    const world = new WebWorld();
    const { url } = await world.server.start({ socket: path, as: "localhost:8080" });
    expect(url).toMatch(/^http:\/\/localhost:8080\/#k=/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const token = await openAddress(url, { path });
    await WebPage.open(url, token, { path });
    for (const host of ["localhost:8081", "127.0.0.1:8080", "evil.com:8080", "localhost"]) {
      const connection = await RawConnection.open({ path });
      expect((await connection.ask(requestBytes("GET", "/", [`Host: ${host}`]))).status).toBe(421);
    }
    await world.server.stop();
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it("is opened by a browser at the other end of a forwarded port", async () => {
    const path = join(tempDirectory(), "web.sock");
    // What `ssh -L PORT:path` does, without ssh.
    const forwarder = createForwarder((socket) => {
      const onward = connect(path);
      socket.pipe(onward).pipe(socket);
      for (const end of [socket, onward]) end.on("error", () => {});
    });
    await new Promise<void>((resolve) => forwarder.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void forwarder.close());
    const { port } = forwarder.address() as { port: number };
    const world = new WebWorld();
    const { url } = await world.server.start({ socket: path, as: `localhost:${port}` });
    const page = await WebPage.open(url, await openAddress(url));
    await page.call("shell.attach", { name: "work", ...size });
    page.connection.close();
  });

  it("is not opened where others could get at it, nor over something else", async () => {
    const directory = tempDirectory();
    const open = join(directory, "open");
    mkdirSync(open);
    chmodSync(open, 0o755);
    const file = join(directory, "file");
    writeFileSync(file, "");
    const world = new WebWorld();
    for (const socket of [join(open, "web.sock"), file])
      await expect(world.server.start({ socket }), socket).rejects.toMatchObject({
        code: "unsafe_directory",
      });
    expect(world.server.list().on).toBe(false);
  });
});

describe("the port", () => {
  it("is on both loopback addresses, and refused when somebody has one of them", async () => {
    const stranger = createServer().listen(0, "::1");
    onTestFinished(() => void stranger.close());
    await new Promise((resolve) => stranger.once("listening", resolve));
    const { port } = stranger.address() as { port: number };
    const world = new WebWorld();
    await expect(world.server.start({ port })).rejects.toThrow(
      `cannot listen on port ${port}: another program has it · choose another: --port N`,
    );
    expect(world.server.status()).toBeUndefined();
    const { url } = await world.server.start({});
    const connection = await RawConnection.open({ port: Number(new URL(url).port), host: "::1" });
    const lines = [`Host: [::1]:${new URL(url).port}`];
    const answer = await connection.ask(requestBytes("GET", "/", lines));
    expect(answer.status).toBe(200);
    expect(answer.headers["content-security-policy"]).toContain(
      `connect-src 'self' ws://[::1]:${new URL(url).port};`,
    );
  });

  it("stays the one it is: a second start prints another address of it, another port is refused", async () => {
    const world = new WebWorld();
    const first = await world.server.start({});
    const second = await world.server.start({ port: first.port! });
    expect(second.port).toBe(first.port);
    expect(keyOf(second.url)).not.toBe(keyOf(first.url));
    const other = first.port === 65_535 ? 65_534 : first.port! + 1;
    await expect(world.server.start({ port: other })).rejects.toThrow(
      `listens on port ${first.port} already`,
    );
    await openAddress(first.url);
    await openAddress(second.url);
  });

  it("is given an address again and again: what lies unused makes room", async () => {
    const world = new WebWorld();
    const { token, url } = await linked({}, world);
    for (let i = 0; i < 70; i++) {
      await openAddress((await world.server.start({})).url);
      world.wallMs += 61_000;
    }
    expect(world.server.list().links).toHaveLength(64);
    await WebPage.open(url, token);
  });
});
