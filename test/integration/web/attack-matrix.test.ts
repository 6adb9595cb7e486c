// Everything that a stranger can put together of origins, hosts, tokens and routes: exactly the good rows get through.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RawConnection, requestBytes, upgradeLines } from "../../support/raw-http.js";
import { openAddress, whereOf } from "../../support/web-page.js";
import { freshNonce, keyOf, WebWorld } from "../../support/web-world.js";

const ORIGINS = ["good", "absent", "null", "evil", "prefix", "https", "file", "other port"] as const;
const HOSTS = [
  "127.0.0.1",
  "localhost",
  "[::1]",
  "evil",
  "nip.io",
  "other port",
  "empty",
  "two hosts",
  "absolute form",
] as const;
const TOKENS = ["good", "none", "wrong", "reused key", "expired", "of another daemon", "revoked"] as const;
const ROUTES = ["socket", "session", "page"] as const;

type Origin = (typeof ORIGINS)[number];
type Host = (typeof HOSTS)[number];
type Token = (typeof TOKENS)[number];
type Route = (typeof ROUTES)[number];

const isOurs = (host: Host) => host === "127.0.0.1" || host === "localhost" || host === "[::1]";

/** Everything that the matrix needs of one server. */
async function prepare() {
  const stranger = new WebWorld();
  const strange = await stranger.server.start({});
  const foreignToken = await openAddress(strange.url);
  const foreignKey = keyOf((await stranger.server.start({})).url);
  await stranger.end();

  const world = new WebWorld();
  const { url } = await world.server.start({});
  const { where } = whereOf(url);
  const port = Number(new URL(url).port);
  const token = await openAddress(url);
  const key = async () => keyOf((await world.server.start({})).url);
  let fresh: string | undefined;

  const revoked = await world.server.link({});
  const revokedToken = await openAddress(revoked.url);
  const revokedKey = await world.server.link({});
  for (const { id } of [revoked, revokedKey]) await world.server.revoke({ id });
  const short = await world.server.link({ expiresInMs: 1000 });
  const expiredToken = await openAddress(short.url);
  const expiredKey = await key();
  // Past the minute of the key and the second of the link.
  world.wallMs += 61_000;

  const wrong = "A".repeat(43);
  const usedKey = keyOf(url);
  const tokens: Record<Token, string | undefined> = {
    good: token,
    none: undefined,
    wrong,
    "reused key": usedKey,
    expired: expiredToken,
    "of another daemon": foreignToken,
    revoked: revokedToken,
  };
  const keys: Record<Token, () => Promise<string | undefined>> = {
    good: async () => {
      fresh ??= await key();
      return fresh;
    },
    none: async () => undefined,
    wrong: async () => wrong,
    "reused key": async () => usedKey,
    expired: async () => expiredKey,
    "of another daemon": async () => foreignKey,
    revoked: async () => keyOf(revokedKey.url),
  };
  const forgetFresh = () => {
    fresh = undefined;
  };
  return { world, where, port, tokens, keys, forgetFresh };
}

function linesOf(origin: Origin, host: Host, port: number) {
  const name = isOurs(host) ? `${host}:${port}` : `127.0.0.1:${port}`;
  const hosts: Record<Host, string[]> = {
    "127.0.0.1": [`Host: ${name}`],
    localhost: [`Host: ${name}`],
    "[::1]": [`Host: ${name}`],
    evil: ["Host: evil.com"],
    "nip.io": [`Host: 127.0.0.1.nip.io:${port}`],
    "other port": [`Host: localhost:${port + 1}`],
    empty: ["Host:"],
    "two hosts": [`Host: ${name}`, "Host: evil.com"],
    "absolute form": [`Host: ${name}`],
  };
  const origins: Record<Origin, string[]> = {
    good: [`Origin: http://${name}`],
    absent: [],
    null: ["Origin: null"],
    evil: ["Origin: http://evil"],
    prefix: [`Origin: http://127.0.0.1:${port}.evil`],
    https: [`Origin: https://127.0.0.1:${port}`],
    file: ["Origin: file://"],
    "other port": [`Origin: http://localhost:${port + 1}`],
  };
  const target = (path: string) => (host === "absolute form" ? `http://${name}${path}` : path);
  return { lines: [...hosts[host], ...origins[origin]], target };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

/** What a cell comes to: `in`, or the status or close code with which it is refused. */
async function attempt(prepared: Prepared, route: Route, origin: Origin, host: Host, token: Token) {
  const { world, where, port, tokens, keys } = prepared;
  // The count of wrong tokens has a test of its own.
  world.monotonicMs += 61_000;
  const { lines, target } = linesOf(origin, host, port);
  const connection = await RawConnection.open(where);
  try {
    if (route === "page") {
      const { status } = await connection.ask(requestBytes("GET", target("/"), lines));
      return status === 200 ? "in" : status;
    }
    if (route === "session") {
      const key = await keys[token]();
      const body = JSON.stringify({ ...(key === undefined ? {} : { key }), nonce: freshNonce() });
      const json = [...lines, "Content-Type: application/json"];
      const { status } = await connection.ask(requestBytes("POST", target("/session"), json, body));
      if (status === 200) prepared.forgetFresh();
      return status === 200 ? "in" : status;
    }
    const upgraded = await connection.ask(requestBytes("GET", target("/ws"), [...lines, ...upgradeLines()]));
    if (upgraded.status !== 101) return upgraded.status;
    connection.text(tokens[token] === undefined ? {} : { token: tokens[token] });
    connection.text({ jsonrpc: "2.0", id: 1, method: "hello", params: { protocol: 1, client: "attacker" } });
    const first = await connection.message();
    if (first?.opcode === 8) return first.payload.readUInt16BE(0);
    const hello = await connection.json();
    return hello["result"] === undefined ? "no hello" : "in";
  } finally {
    connection.close();
  }
}

/** By hand, and not by asking the code. */
function expected(route: Route, origin: Origin, host: Host, token: Token): string | number {
  if (host === "absolute form" || host === "two hosts") return 400;
  if (!isOurs(host)) return 421;
  if (origin !== "good" && !(origin === "absent" && route === "page")) return 403;
  if (route === "page" || token === "good") return "in";
  return route === "session" ? 401 : 4001;
}

describe("the web terminal, attacked", () => {
  it("lets in exactly the good rows of the matrix", { timeout: 120_000 }, async () => {
    const prepared = await prepare();
    const wrong: string[] = [];
    let cells = 0;
    let calls = 0;
    let good = 0;
    for (const route of ROUTES)
      for (const origin of ORIGINS)
        for (const host of HOSTS)
          for (const token of TOKENS) {
            cells += 1;
            const wanted = expected(route, origin, host, token);
            const got = await attempt(prepared, route, origin, host, token);
            if (got !== wanted) wrong.push(`${route} ${origin} ${host} ${token}: ${got}, not ${wanted}`);
            if (wanted === "in") good += 1;
            if (wanted === "in" && route === "socket") calls += 1;
          }
    expect(wrong).toEqual([]);
    // Nothing but the good rows' greetings has reached a method.
    expect(prepared.world.calls).toHaveLength(calls);
    const page = readFileSync(new URL("../../../docs/security.md", import.meta.url), "utf8");
    expect(page).toContain(`${cells.toLocaleString("en")} combinations`);
    expect(page).toContain(`${(cells - good).toLocaleString("en")} are refused`);
  });

  it("refuses a page whose name was rebound to this machine, although its origin is its host's", async () => {
    const { world, where, port, tokens } = await prepare();
    for (const host of [
      "evil.com",
      `evil.com:${port}`,
      `localhost.evil.com:${port}`,
      `LOCALHOST:${port}`,
      "127.0.0.1",
    ]) {
      const connection = await RawConnection.open(where);
      const lines = [`Host: ${host}`, `Origin: http://${host}`];
      const answer = await connection.ask(requestBytes("GET", "/ws", [...lines, ...upgradeLines()]));
      expect(answer.status, host).toBe(421);
      const second = await RawConnection.open(where);
      expect((await second.ask(requestBytes("GET", "/", lines))).status, host).toBe(421);
    }
    expect(world.calls).toEqual([]);
    expect(tokens.good).toHaveLength(43);
  });

  it.each([
    ["cross-site", 403],
    ["same-site", 403],
    ["same-origin", 200],
    ["none", 200],
  ])("answers a request that the browser calls %s with %i", async (site, status) => {
    const world = new WebWorld();
    const { url } = await world.server.start({});
    const { where, host } = whereOf(url);
    const connection = await RawConnection.open(where);
    const answer = await connection.ask(
      requestBytes("GET", "/", [`Host: ${host}`, `Sec-Fetch-Site: ${site}`]),
    );
    expect(answer.status).toBe(status);
  });

  it("puts the security headers on every answer, and none that lets another origin in", async () => {
    const world = new WebWorld();
    const { url } = await world.server.start({});
    const { where, host } = whereOf(url);
    const good = [`Host: ${host}`, `Origin: http://${host}`];
    const json = [...good, "Content-Type: application/json"];
    const requests: [number, string][] = [
      [200, requestBytes("GET", "/", good)],
      [200, requestBytes("GET", "/assets/main.js", good)],
      [404, requestBytes("GET", "/assets/none.js", good)],
      [404, requestBytes("GET", "/assets/../../web.json", good)],
      [404, requestBytes("GET", "/assets/%2e%2e/web.json", good)],
      [405, requestBytes("OPTIONS", "/session", [...good, "Access-Control-Request-Method: POST"])],
      [405, requestBytes("HEAD", "/", good)],
      [415, requestBytes("POST", "/session", good, "key=x")],
      [400, requestBytes("POST", "/session", json, "[".repeat(1000))],
      [413, requestBytes("POST", "/session", json, `{"key":"${"x".repeat(5000)}"}`)],
      [401, requestBytes("POST", "/session/prove", json, "{}")],
      [421, requestBytes("GET", "/", ["Host: evil.com"])],
      [403, requestBytes("GET", "/ws", [`Host: ${host}`, ...upgradeLines()])],
      [400, requestBytes("GET", "/ws", [...good, ...upgradeLines("other")])],
      [
        400,
        requestBytes("GET", "/ws", [
          ...good,
          "Connection: Upgrade",
          "Upgrade: websocket",
          "Sec-WebSocket-Protocol: agentd.v1",
        ]),
      ],
      [400, requestBytes("GET", "/", [...good, "Connection: Upgrade", "Upgrade: h2c"])],
      [426, requestBytes("GET", "/ws", good)],
      [417, requestBytes("POST", "/session", [...json, "Expect: 100-continue"], "{}")],
      [431, requestBytes("GET", "/", [...good, `X: ${"x".repeat(9000)}`])],
      [400, "nonsense\r\n\r\n"],
    ];
    for (const [status, request] of requests) {
      const connection = await RawConnection.open(where);
      const answer = await connection.ask(request);
      const about = request.slice(0, 60);
      expect(answer.status, about).toBe(status);
      expect(answer.headers["content-security-policy"], about).toContain(
        "default-src 'none'; script-src 'self'",
      );
      expect(answer.headers, about).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
      });
      expect(Object.keys(answer.headers).filter((name) => /^access-control|^set-cookie/.test(name))).toEqual(
        [],
      );
      connection.close();
    }
  });
});
