import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSigner } from "../../../../../daemon/upstream/service/sign.js";
import type { AgentCoreTarget } from "../../../../../daemon/upstream/target.js";

const target: AgentCoreTarget = {
  kind: "agentcore",
  region: "us-west-2",
  runtimeArn: "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-AbC",
};
const sessionHeader = "x-amzn-bedrock-agentcore-runtime-session-id";
const path =
  "/runtimes/arn%3Aaws%3Abedrock-agentcore%3Aus-west-2%3A123456789012%3Aruntime%2Fmy-agent-AbC/ws/shells";
const signedAt = Date.parse("2026-11-21T01:51:03Z");
const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const request = {
  target,
  url: new URL(`ws://127.0.0.1${path}?shellId=sh1&qualifier=DEFAULT`),
  headers: { [sessionHeader]: "s".repeat(36) },
  clockOffsetMs: 0,
  fresh: false,
};

describe("createSigner", () => {
  it("makes the signature that the published clients make", async () => {
    const sign = createSigner({ clock: { now: () => signedAt }, providerFor: async () => async () => keys });
    const headers = await sign(request);
    expect(headers["authorization"]).toContain(
      "Signature=852779759963b4a6a87351693a765346634abd16aea060800cc4364e90bb45aa",
    );
    expect(headers["authorization"]).toContain(
      `SignedHeaders=host;x-amz-content-sha256;x-amz-date;${sessionHeader},`,
    );
    expect(headers["host"]).toBe("127.0.0.1");
  });

  it("signs with the corrected clock", async () => {
    const sign = createSigner({
      clock: { now: () => signedAt - 420_000 },
      providerFor: async () => async () => keys,
    });
    const headers = await sign({ ...request, clockOffsetMs: 420_000 });
    expect(headers["x-amz-date"]).toBe("20261121T015103Z");
  });

  it("signs and sends the host with its port, and the session token", async () => {
    const provider = async () => ({ ...keys, sessionToken: "tok/en+x=" });
    const sign = createSigner({ clock: { now: () => signedAt }, providerFor: async () => provider });
    const headers = await sign({ ...request, url: new URL(`ws://127.0.0.1:8123${path}`) });
    expect(headers["host"]).toBe("127.0.0.1:8123");
    expect(headers["x-amz-security-token"]).toBe("tok/en+x=");
  });

  it("keeps one provider per profile, asks it each time, and replaces it when told to or when it failed", async () => {
    const made: string[] = [];
    let asked = 0;
    let broken = false;
    const sign = createSigner({
      clock: { now: () => signedAt },
      providerFor: async (profile, fresh) => {
        made.push(`${profile ?? "-"}${fresh ? "!" : ""}`);
        return async () => {
          asked += 1;
          if (broken) throw new Error("The SSO session has expired\nsecret stuff");
          return keys;
        };
      },
    });
    await sign(request);
    await sign(request);
    await sign({ ...request, target: { ...target, profile: "dev" } });
    await sign({ ...request, fresh: true });
    expect([made, asked]).toEqual([["-", "dev", "-!"], 4]);
    broken = true;
    const failure = sign({ ...request, target: { ...target, profile: "dev" } });
    await expect(failure).rejects.toMatchObject({
      code: "no_credentials",
      message:
        "no AWS credentials for profile dev (The SSO session has expired) · try aws sso login --profile dev",
    });
    broken = false;
    await sign({ ...request, target: { ...target, profile: "dev" } });
    expect(made.at(-1)).toBe("dev");
  });

  it("finds credentials in a profile of the shared files", async () => {
    const directory = await mkdtemp(join(tmpdir(), "agentd-sign-"));
    const saved = { ...process.env };
    try {
      process.env["AWS_SHARED_CREDENTIALS_FILE"] = join(directory, "credentials");
      process.env["AWS_CONFIG_FILE"] = join(directory, "config");
      await writeFile(
        join(directory, "credentials"),
        "[dev]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n",
      );
      await writeFile(join(directory, "config"), "");
      const sign = createSigner({ clock: { now: () => signedAt } });
      const headers = await sign({ ...request, target: { ...target, profile: "dev" } });
      expect(headers["authorization"]).toContain(
        "852779759963b4a6a87351693a765346634abd16aea060800cc4364e90bb45aa",
      );
    } finally {
      process.env = saved;
      await rm(directory, { recursive: true });
    }
  });
});

describe("a bearer token file", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "agentd-sign-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const signer = () =>
    createSigner({
      clock: { now: () => signedAt },
      providerFor: () => Promise.reject(new Error("not asked")),
    });

  it("is read again for each connection, and replaces the signature", async () => {
    const file = join(directory, "token");
    const sign = signer();
    await writeFile(file, "eyJhbGciOi.first\n");
    const bearer = { ...request, target: { ...target, bearerTokenFile: file } };
    expect((await sign(bearer))["authorization"]).toBe("Bearer eyJhbGciOi.first");
    await writeFile(file, "eyJhbGciOi.second");
    const headers = await sign(bearer);
    expect(headers["authorization"]).toBe("Bearer eyJhbGciOi.second");
    expect(headers["x-amz-date"]).toBeUndefined();
    expect(headers[sessionHeader]).toBe("s".repeat(36));
  });

  it.each([
    ["is missing", undefined],
    ["is empty", ""],
    ["holds two lines", "one\r\nX-Evil: two"],
    ["is too large", "a".repeat(17 * 1024)],
  ])("that %s means no credentials, and its content is not repeated", async (_case, content) => {
    const file = join(directory, "token");
    if (content !== undefined) await writeFile(file, content);
    const failure = signer()({ ...request, target: { ...target, bearerTokenFile: file } });
    await expect(failure).rejects.toMatchObject({ code: "no_credentials" });
    await expect(failure).rejects.not.toThrow(/X-Evil|aaa/);
  });
});
