import { describe, expect, it } from "vitest";
import { isForwardedHost } from "../../../../daemon/server/forwarded-host.js";
import { judge, loopbackHosts, type WebRequest } from "../../../../daemon/web/door.js";
import { fc } from "../../../support/property.js";

const hosts = loopbackHosts(4000);
const good: WebRequest = {
  method: "POST",
  url: "/session",
  rawHeaders: ["Host", "localhost:4000", "Origin", "http://localhost:4000"],
  isUpgrade: false,
};
const status = (request: Partial<WebRequest>) => {
  const verdict = judge({ ...good, ...request }, hosts);
  return verdict.kind === "allow" ? verdict.route.kind : verdict.status;
};

describe("the door of the web terminal", () => {
  it.each([
    ["/", "GET", "asset"],
    ["/?shell=work", "GET", "asset"],
    ["/assets/main.js", "GET", "asset"],
    ["/assets/favicon-ended.svg", "GET", "asset"],
    ["/session", "POST", "session"],
    ["/session/prove", "POST", "prove"],
    ["/session/", "POST", 404],
    ["/session", "GET", 405],
    ["/", "POST", 405],
    ["/ws", "GET", 426],
    ["//", "GET", 404],
    ["/index.html", "GET", 404],
    ["/assets/", "GET", 404],
    ["/assets/main", "GET", 404],
    ["/assets/../main.js", "GET", 404],
    ["/assets/.main.js", "GET", 404],
    ["/assets/a/b.js", "GET", 404],
    ["/assets/main.js%00", "GET", 404],
    ["*", "OPTIONS", 400],
    ["localhost:4000", "CONNECT", 400],
    ["http://localhost:4000/", "GET", 400],
    ["", "GET", 400],
  ])("answers %s by %s with %s", (url, method, answer) => {
    expect(status({ url, method })).toBe(answer);
  });

  it("wants an upgrade for the socket, and takes one for nothing else", () => {
    expect(status({ url: "/ws", method: "GET", isUpgrade: true })).toBe("socket");
    expect(status({ url: "/", method: "GET", isUpgrade: true })).toBe(400);
    expect(status({ url: "/session", isUpgrade: true })).toBe(400);
  });

  it("reads the names of headers in any case, and each of them", () => {
    const { rawHeaders } = good;
    expect(
      status({ rawHeaders: rawHeaders.map((text, at) => (at % 2 === 0 ? text.toUpperCase() : text)) }),
    ).toBe("session");
    expect(status({ rawHeaders: [...rawHeaders, "host", "evil.com"] })).toBe(400);
    expect(status({ rawHeaders: [...rawHeaders, "oRiGiN", "http://evil.com"] })).toBe(403);
    expect(status({ rawHeaders: [...rawHeaders, "Origin", "http://localhost:4000"] })).toBe(403);
    expect(status({ rawHeaders: [...rawHeaders, "sec-fetch-site", "cross-site"] })).toBe(403);
    expect(status({ rawHeaders: [...rawHeaders, "sec-fetch-site", "none", "Sec-Fetch-Site", "x"] })).toBe(
      403,
    );
    expect(status({ rawHeaders: [] })).toBe(421);
  });

  it("allows nothing that is not exactly this, whatever is sent", () => {
    const word = fc.constantFrom(
      ...["localhost:4000", "127.0.0.1:4000", "[::1]:4000", "http://localhost:4000", "http://127.0.0.1:4000"],
      ...[
        "null",
        "evil.com",
        "http://evil.com",
        "localhost:4000.evil.com",
        "same-origin",
        "none",
        "cross-site",
        "",
      ],
    );
    const header = fc.tuple(
      fc.constantFrom("Host", "host", "Origin", "ORIGIN", "Sec-Fetch-Site", "X"),
      fc.oneof(word, fc.string()),
    );
    const requests = fc.record({
      method: fc.constantFrom("GET", "POST", "PUT", "OPTIONS", "get"),
      url: fc.oneof(fc.constantFrom("/", "/session", "/ws", "/session/prove", "/assets/a.js"), fc.string()),
      rawHeaders: fc.array(header, { maxLength: 5 }).map((list) => list.flat()),
      isUpgrade: fc.boolean(),
    });
    fc.assert(
      fc.property(requests, (request) => {
        const verdict = judge(request, hosts);
        const values = (name: string) =>
          request.rawHeaders.filter(
            (_, at) => at % 2 === 1 && request.rawHeaders[at - 1]?.toLowerCase() === name,
          );
        if (verdict.kind === "refuse") {
          expect(verdict.host === undefined || hosts.has(verdict.host)).toBe(true);
          return;
        }
        expect(values("host")).toEqual([verdict.host]);
        expect([...hosts]).toContain(verdict.host);
        for (const origin of values("origin")) expect(origin).toBe(`http://${verdict.host}`);
        for (const site of values("sec-fetch-site")) expect(["same-origin", "none"]).toContain(site);
        if (verdict.route.kind !== "asset") expect(values("origin")).toHaveLength(1);
        expect(request.isUpgrade).toBe(verdict.route.kind === "socket");
      }),
      { numRuns: 5000 },
    );
  });
});

describe("the host at the other end of an ssh", () => {
  it.each([
    ["localhost:8080", true],
    ["127.0.0.1:1", true],
    ["[::1]:65535", true],
    ["localhost", false],
    ["localhost:0", false],
    ["localhost:080", false],
    ["localhost:65536", false],
    ["LOCALHOST:80", false],
    ["evil.com:80", false],
    ["localhost:80/", false],
    ["localhost:80\r\nX: y", false],
  ])("%j: %s", (text, answer) => {
    expect(isForwardedHost(text)).toBe(answer);
  });
});
