// The upgrade request against the running service: ids, authorization, refusals (conformance cases 1 to 12).
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterEach, describe, expect, it } from "vitest";
import {
  ARN,
  LocalService,
  newSession,
  SESSION_HEADER,
  type LocalService as Service,
} from "../../support/local-service.js";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const SESSION_PARAMETER = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id";

describe("upgrade", () => {
  let service: Service;
  afterEach(() => service.stop());

  const signer = (uriEscapePath = true) =>
    new SignatureV4({
      credentials,
      region: "us-west-2",
      service: "bedrock-agentcore",
      sha256: Sha256,
      uriEscapePath,
    });

  /** Signed headers as the published clients make them. */
  const signed = async (session: string, path: string, uriEscapePath = true) => {
    const host = new URL(service.url).host;
    const [pathname = "", query = ""] = path.split("?");
    const { headers } = await signer(uriEscapePath).sign({
      method: "GET",
      protocol: "http:",
      hostname: host,
      path: pathname,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: { host, [SESSION_HEADER]: session },
    });
    return headers;
  };

  const presigned = async (query: Record<string, string>, signingDate: Date, expiresIn = 60) => {
    const host = new URL(service.url).host;
    const path = service.path("ws/shells");
    const request = { method: "GET", protocol: "http:", hostname: host, path, query, headers: { host } };
    const result = await signer().presign(request, { expiresIn, signingDate });
    return `${path}?${new URLSearchParams(result.query as Record<string, string>)}`;
  };

  it("case 1: valid SigV4 headers and no shellId give both id headers, and the first STATUS repeats the shell id", async () => {
    service = await LocalService.start({ credentials: [credentials] });
    const session = newSession();
    const path = service.path("ws/shells", { qualifier: "DEFAULT" });
    const client = await service.open({ path, headers: await signed(session, path) });
    expect(client.header(SESSION_HEADER)).toBe(session);
    const shellId = client.header("x-amzn-bedrock-agentcore-shell-id");
    expect(shellId).not.toBe("");
    expect(await client.confirmed()).toEqual({ kind: "confirmation", shellId, reconnected: false });
  });

  it("case 2: a shellId that was never used makes a shell of that name", async () => {
    service = await LocalService.start();
    const client = await service.open({ session: newSession(), shellId: "mine" });
    expect(await client.confirmed()).toMatchObject({ shellId: "mine", reconnected: false });
  });

  it("case 3: without a session id each upgrade gets a session of its own, with its own directory", async () => {
    service = await LocalService.start();
    const [a, b] = [await service.open(), await service.open()];
    expect(a.header(SESSION_HEADER)).not.toBe(b.header(SESSION_HEADER));
    await a.run("touch only-here; pwd");
    expect(await b.run("ls")).not.toMatch(/^only-here/m);
  });

  it("case 4: a session id of 32 characters is refused, one of 33 is not", async () => {
    service = await LocalService.start();
    expect(await service.refusal({ session: "s".repeat(32) })).toMatchObject({
      status: 400,
      exception: "ValidationException",
    });
    await service.open({ session: "s".repeat(33) });
  });

  it("case 5: a signature over the single-encoded path is refused, over the double-encoded one accepted", async () => {
    service = await LocalService.start({ credentials: [credentials] });
    const session = newSession();
    const path = service.path("ws/shells");
    const bad = await service.refusal({ path, headers: await signed(session, path, false) });
    expect(bad).toMatchObject({ status: 403, exception: "AccessDeniedException" });
    expect(bad.headers["www-authenticate"]).toBeUndefined();
    await service.open({ path, headers: await signed(session, path) });
    expect(await service.refusal({ path })).toMatchObject({ status: 403 });
  });

  it("case 6: a presigned URL carries its session id under the signature", async () => {
    service = await LocalService.start({ credentials: [credentials] });
    const session = newSession();
    const path = await presigned({ shellId: "a", [SESSION_PARAMETER]: session }, new Date());
    const client = await service.open({ path });
    expect(client.header(SESSION_HEADER)).toBe(session);
    const other = path.replace(session, newSession());
    expect(await service.refusal({ path: other })).toMatchObject({
      status: 403,
      exception: "AccessDeniedException",
    });
  });

  it("case 7: a presigned URL past its expiry is refused, and a connection opened before stays up", async () => {
    let now = new Date();
    service = await LocalService.start({ credentials: [credentials] }, () => now);
    const path = await presigned({ [SESSION_PARAMETER]: newSession(), shellId: "a" }, now, 60);
    const client = await service.open({ path });
    now = new Date(now.getTime() + 61_000);
    expect(await service.refusal({ path })).toMatchObject({ status: 403 });
    expect(await client.run("echo still-$((1+1))")).toContain("still-2");
  });

  it("case 8: the bearer subprotocols select the sentinel; without an accepted token 401 with a challenge", async () => {
    service = await LocalService.start({ bearerTokens: ["good.token"] });
    const offer = (token: string) => [
      `base64UrlBearerAuthorization.${Buffer.from(token).toString("base64url")}`,
      "base64UrlBearerAuthorization",
    ];
    const client = await service.open({ protocols: offer("good.token") });
    expect(client.socket.protocol).toBe("base64UrlBearerAuthorization");
    await service.open({ headers: { authorization: "Bearer good.token" } });
    for (const refused of [
      { protocols: offer("bad.token") },
      {},
      { headers: { authorization: "Bearer nope" } },
    ]) {
      const answer = await service.refusal(refused);
      expect(answer).toMatchObject({ status: 401, exception: "UnauthorizedException" });
      expect(answer.headers["www-authenticate"]).toMatch(
        /^Bearer resource_metadata="https:\/\/.*oauth-protected-resource\?qualifier=DEFAULT"$/,
      );
    }
  });

  it("case 9: an unknown runtime is 404", async () => {
    service = await LocalService.start({ runtimes: [ARN] });
    const path = service.path("ws/shells").replace("demo-Ab1", "other");
    expect(await service.refusal({ path })).toMatchObject({
      status: 404,
      exception: "ResourceNotFoundException",
    });
    await service.open();
  });

  it("case 10: while a session is being provisioned a second upgrade gets 409, and the first goes on", async () => {
    service = await LocalService.start({ provisioningMs: 200 });
    const session = newSession();
    const first = service.connect({ session });
    // The first request is on its way before the second: one socket after the other.
    await new Promise((resolve) => first.socket.once("redirect", resolve) && setTimeout(resolve, 50));
    expect(await service.refusal({ session })).toMatchObject({
      status: 409,
      exception: "RetryableConflictException",
      body: { message: "Session operation in progress, please retry" },
    });
    await first.opened;
  });

  it("case 11: of two upgrades for one shell in the same instant one gets 409 or is replaced, never two attached", async () => {
    service = await LocalService.start({ coldStartMs: 50 });
    const session = newSession();
    const both = [service.connect({ session, shellId: "k" }), service.connect({ session, shellId: "k" })];
    const outcomes = await Promise.all(
      both.map((client) =>
        Promise.race([client.opened.then(() => "open"), client.refused.then(({ exception }) => exception)]),
      ),
    );
    expect(outcomes.toSorted()).toEqual(["ConflictException", "open"]);
  });

  it("case 11: without a cold start the earlier connection is closed with 4000", async () => {
    service = await LocalService.start();
    const session = newSession();
    const both = [service.connect({ session, shellId: "k" }), service.connect({ session, shellId: "k" })];
    expect(await Promise.race(both.map(({ closed }) => closed))).toMatchObject({ code: 4000 });
    expect(both.filter(({ socket }) => socket.readyState === socket.OPEN)).toHaveLength(1);
  });

  it.each([
    ["agentcore", 424, "RuntimeClientError"],
    ["harness", 400, "ValidationException"],
  ])("case 12: in the %s profile a shell id of 129 characters is %d", async (profile, status, exception) => {
    service = await LocalService.start({ profile });
    expect(await service.refusal({ shellId: "k".repeat(129) })).toMatchObject({ status, exception });
    await service.open({ shellId: "k".repeat(128) });
  });

  it("refuses web pages when nobody needs credentials", async () => {
    service = await LocalService.start();
    expect(await service.refusal({ headers: { origin: "https://example.com" } })).toMatchObject({
      status: 403,
    });
  });
});
