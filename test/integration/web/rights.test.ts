// What the holder of a link can come to know or to hold that is not its own: other shells, the owner's names, all the sockets.
import { describe, expect, it } from "vitest";
import { Door } from "../../../client/web/link/door.js";
import { AgentdError } from "../../../shared/errors.js";
import { decodeNotice, encodeNotice } from "../../../shared/notice.js";
import type { ShellInfo } from "../../../shared/rpc.js";
import { openAddress, openSocket, post, WebPage, whereOf } from "../../support/web-page.js";
import { WebWorld } from "../../support/web-world.js";

const size = { cols: 80, rows: 24 };

/** A shell as the daemon tells it, with everything in it that a link has no use for. */
const full = (name: string): ShellInfo => ({
  name,
  kind: "agentcore",
  state: "needs-credentials",
  runtimeArn: "arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/secret",
  region: "us-east-1",
  qualifier: "DEFAULT",
  endpointUrl: "https://secret.example",
  runtimeSessionId: "secret-session".padEnd(33, "x"),
  shellId: `secret-shell-${name}`,
  clients: 1,
  attached: [
    {
      id: 1,
      since: "2026-11-21T12:00:00.000Z",
      ...size,
      leads: true,
      client: "secret-program",
      tty: "/dev/pts/secret",
      pid: 4711,
    },
  ],
  ...size,
  title: "vim",
  cwd: "/work",
  labels: { customer: "secret" },
  createdAt: "2026-11-21T12:00:00.000Z",
  bytesLost: 0,
  heldBytes: 7,
  pid: 4711,
  reason: "run: aws sso login --profile secret",
  slots: { used: 3, limit: 10, others: ["secret"] } as unknown as NonNullable<ShellInfo["slots"]>,
});

async function linked(params: Parameters<WebWorld["server"]["link"]>[0], world = new WebWorld()) {
  const address = await world.server.link(params);
  const token = await openAddress(address.url);
  return { world, token, ...address, page: await WebPage.open(address.url, token) };
}

/** An address of everything, and its token. */
async function owned(world: WebWorld): Promise<[string, string]> {
  const { url } = await world.server.start({});
  return [url, await openAddress(url)];
}

describe("what a link is told of its shell", () => {
  it("is what its page shows, and nothing by which the shell or its owner could be found elsewhere", async () => {
    const world = new WebWorld();
    world.infoOf = full;
    const { page, url, token } = await linked({ name: "work" }, world);
    const list = await page.call<{ shells: ShellInfo[] }>("shell.list");
    const told = [
      list,
      await page.call("shell.info", { name: "work" }),
      await page.call("shell.resize", { name: "work", ...size }),
      await page.call("events.subscribe"),
    ];
    world.tell({ kind: "changed", shell: full("work") });
    told.push(await page.connection.json());
    world.tell({ kind: "renamed", from: "work", shell: full("job") });
    told.push(await page.connection.json());
    const beside = await WebPage.open(url, token);
    told.push(await beside.call("shell.attach", { name: "job", ...size }));
    for (const one of told) {
      expect(JSON.stringify(one)).not.toMatch(/secret|4711|configProblem|unsaved/i);
      expect(JSON.stringify(one)).toContain('"state":"needs-credentials"');
    }
    // Its page finds it again by this, whatever it is called.
    const [shell] = list.shells;
    expect(shell?.shellId).toMatch(/^[\w-]{16}$/);
    expect(JSON.stringify(told.slice(0, 5)).split(`"shellId":"${shell?.shellId}"`)).toHaveLength(6);
    expect(shell).toMatchObject({ title: "vim", cwd: "/work", attached: [{ id: 1, leads: true }] });
  });

  it("has no reason in it that names the owner's accounts and files, in notices either", async () => {
    const { page, world } = await linked({ name: "work" });
    await page.call("shell.attach", { name: "work", ...size });
    await page.connection.message();
    const sink = world.sinks.at(-1)!;
    for (const notice of [
      { kind: "lost", attempt: 2, reason: "secret.example: ECONNREFUSED", held: 3 },
      { kind: "waiting", reason: "credentials", message: "aws sso login --profile secret" },
      { kind: "gone", message: "arn:secret is not there" },
      { kind: "skipped", bytes: 5 },
      { kind: "ended", durationMs: 1, exit: { kind: "unknown", message: "arn:secret took it" } },
    ] as const)
      sink.send(encodeNotice(notice));
    const told = [];
    for (let i = 0; i < 5; i++)
      told.push(decodeNotice((await page.connection.message())!.payload.subarray(1)));
    expect(told).toEqual([
      { kind: "lost", attempt: 2, reason: "", held: 3 },
      { kind: "waiting", reason: "credentials", message: "its owner is asked" },
      { kind: "gone", message: "it cannot be had any more" },
      { kind: "skipped", bytes: 5 },
      { kind: "ended", durationMs: 1, exit: { kind: "unknown", message: "its owner may know why" } },
    ]);
  });

  it("has no error in it that names what is the owner's, whatever the error is", async () => {
    const { page, world } = await linked({ name: "work" });
    const owner = await WebPage.open(...(await owned(world)));
    for (const code of ["shell_not_found", "no_credentials", "capacity", "upstream_failed"] as const) {
      world.failure = new AgentdError(
        code,
        "arn:secret of 123456789012 \u00b7 did you mean 'secret-shell'?",
        {
          details: { account: "secret" },
        },
      );
      const { error } = await page.ask("shell.capture", { name: "work" });
      expect(error?.data).toEqual({ code });
      expect(error?.message).toMatch(/^(this shell|it cannot be done now)/);
      expect(JSON.stringify(error)).not.toMatch(/secret|123456789012/);
      expect((await owner.ask("shell.capture", { name: "work" })).error?.message).toContain("arn:secret");
    }
  });

  it("is everything for the owner", async () => {
    const world = new WebWorld();
    world.infoOf = full;
    const { url } = await world.server.start({});
    const page = await WebPage.open(url, await openAddress(url));
    expect(await page.call("shell.info", { name: "work" })).toEqual({ shell: full("work") });
    expect(page.scope).toEqual({ owner: true, readOnly: false });
  });
});

describe("what a page says of itself", () => {
  it("cannot pass for a terminal of this machine", async () => {
    const { page, world } = await linked({ name: "work" });
    await page.call("shell.attach", { name: "work", ...size, tty: "/dev/pts/0", pid: 1 });
    expect(world.calls.at(-1)).toBe(`shell.attach ${JSON.stringify({ name: "work", ...size })}`);
    expect(world.programs).toEqual(["browser, by a link"]);
  });
});

describe("a link whose shell is gone", () => {
  it("opens no other shell that gets the name at once, and hears nothing of it", async () => {
    const { page, world } = await linked({ name: "work" });
    await page.call("events.subscribe");
    const before = world.calls.length;
    world.tell({ kind: "forgotten", name: "work" });
    world.tell({ kind: "changed", shell: { name: "work" } as ShellInfo });
    for (const method of ["shell.info", "shell.capture", "shell.attach", "shell.watch", "shell.send"])
      page.connection.text({
        jsonrpc: "2.0",
        id: method,
        method,
        params: { name: "work", ...(method === "shell.attach" ? size : {}), data: "eA==" },
      });
    const heard: string[] = [];
    for (;;) {
      const message = await page.connection.message();
      if (message === undefined || message.opcode === 8) break;
      heard.push(message.payload.toString());
    }
    expect(heard.filter((text) => text.includes('"changed"') || text.includes('"result"'))).toEqual([]);
    expect(world.calls.slice(before)).toEqual([]);
  });
});

describe("a stranger on the port of before", () => {
  it("gets no token by asking the daemon, where it listens now, for the proof", async () => {
    const world = new WebWorld();
    const { url } = await world.server.start({});
    const stored = new Map([["agentd.token", await openAddress(url)]]);
    const { where, host } = whereOf(url);
    const asked: number[] = [];
    const doorAt = (pageHost: string) =>
      new Door({
        host: pageHost,
        // He makes of it a good request to the daemon.
        fetch: async (path, { body }) => {
          const { status, value } = await post(where, host, path, JSON.parse(String(body)));
          asked.push(status);
          return new Response(JSON.stringify(value), { status });
        },
        storage: {
          getItem: (name) => stored.get(name) ?? null,
          setItem: (name, value) => void stored.set(name, value),
          removeItem: (name) => void stored.delete(name),
        },
      });
    expect(await doorAt(host).provenToken()).toBe(stored.get("agentd.token"));
    await expect(doorAt("127.0.0.1:4711").provenToken()).rejects.toMatchObject({ why: "stranger" });
    expect([asked, stored.size]).toEqual([[200, 200], 0]);
  });
});

describe("sockets", () => {
  it("are the owner's 32, however many a link has opened, and the next one is told why not", async () => {
    const { url, token, world } = await linked({});
    const links: WebPage[] = [];
    for (let i = 0; i < 7; i++) links.push(await WebPage.open(url, token));
    const ninth = await openSocket(url);
    ninth.text({ token });
    const close = await ninth.message();
    expect([close?.opcode, close?.payload.readUInt16BE(0)]).toEqual([8, 1013]);
    expect(close?.payload.subarray(2).toString()).toBe("8 sockets of this link are open · close a tab");
    const owner = await world.server.start({});
    const ownToken = await openAddress(owner.url);
    const pages: WebPage[] = [];
    for (let i = 0; i < 32; i++) pages.push(await WebPage.open(owner.url, ownToken));
    await expect(WebPage.open(owner.url, ownToken)).rejects.toThrow("closed 1013");
    pages[0]?.connection.close();
    await expect.poll(() => WebPage.open(owner.url, ownToken).then(() => "in", String)).toBe("in");
  });

  it("have room for one of another link, until the links have 32", async () => {
    const { url, token, world } = await linked({});
    for (let i = 0; i < 7; i++) await WebPage.open(url, token);
    for (let link = 0; link < 3; link++) {
      const other = await linked({}, world);
      for (let i = 0; i < 7; i++) await WebPage.open(other.url, other.token);
    }
    await expect(linked({}, world)).rejects.toThrow("closed 1013");
    const owner = await world.server.start({});
    await WebPage.open(owner.url, await openAddress(owner.url));
  });
});
