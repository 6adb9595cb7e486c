// Signature verification against vectors that published signers made, under a frozen clock.
import { describe, expect, it } from "vitest";
import { type SignatureRules, type SignedRequest, verifySignature } from "../../../daemon/local/sigv4.js";

const PATH =
  "/runtimes/arn%3Aaws%3Abedrock-agentcore%3Aus-west-2%3A123456789012%3Aruntime%2Fmy-agent-AbC/ws/shells";
const SESSION = "s".repeat(36);
const EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const rules: SignatureRules = {
  credentials: [{ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" }],
  region: "us-west-2",
  port: undefined,
  now: new Date("2026-11-21T01:51:10Z"),
  clockSkewSeconds: 300,
  presignMaxSeconds: 300,
};

const inHeaders: SignedRequest = {
  method: "GET",
  rawPath: PATH,
  query: new URLSearchParams("shellId=sh1&qualifier=DEFAULT"),
  headers: {
    host: "127.0.0.1",
    "x-amz-date": "20261121T015103Z",
    "x-amz-content-sha256": EMPTY_HASH,
    "x-amzn-bedrock-agentcore-runtime-session-id": SESSION,
    authorization:
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/us-west-2/bedrock-agentcore/aws4_request, " +
      "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amzn-bedrock-agentcore-runtime-session-id, " +
      "Signature=852779759963b4a6a87351693a765346634abd16aea060800cc4364e90bb45aa",
  },
  body: new Uint8Array(),
};

const presigned: SignedRequest = {
  method: "GET",
  rawPath: PATH,
  query: new URLSearchParams({
    shellId: "sh1",
    qualifier: "DEFAULT",
    "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": SESSION,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": "AKIDEXAMPLE/20261121/us-west-2/bedrock-agentcore/aws4_request",
    "X-Amz-Date": "20261121T015152Z",
    "X-Amz-Expires": "60",
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Security-Token": "tok/en+x=",
    "X-Amz-Signature": "008d899185d73518cf2c5baa752e261a9a225022cc093516a924bda19b186c03",
  }),
  headers: { host: "bedrock-agentcore.us-west-2.amazonaws.com" },
  body: new Uint8Array(),
};
const presignedRules: SignatureRules = {
  ...rules,
  credentials: [{ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "tok/en+x=" }],
  now: new Date("2026-11-21T01:52:30Z"),
};

describe("verifySignature", () => {
  it("accepts the header vector", () => {
    expect(verifySignature(inHeaders, rules)).toBeUndefined();
  });

  it("accepts the presigned vector", () => {
    expect(verifySignature(presigned, presignedRules)).toBeUndefined();
  });

  it("accepts a host that was signed without the port it was sent with, and the other way round", () => {
    const headers = { ...inHeaders.headers, host: "127.0.0.1:36425" };
    expect(verifySignature({ ...inHeaders, headers }, { ...rules, port: 36_425 })).toBeUndefined();
  });

  it.each<[string, Partial<SignedRequest>, Partial<SignatureRules>]>([
    ["another path", { rawPath: PATH.replace("my-agent", "your-agent") }, {}],
    ["another query", { query: new URLSearchParams("shellId=sh2&qualifier=DEFAULT") }, {}],
    ["another method", { method: "POST" }, {}],
    ["a body", { body: new Uint8Array([1]) }, {}],
    [
      "a signed header that was changed",
      { headers: { ...inHeaders.headers, "x-amzn-bedrock-agentcore-runtime-session-id": "t".repeat(36) } },
      {},
    ],
    ["another host", { headers: { ...inHeaders.headers, host: "127.0.0.2" } }, {}],
    ["a token that nobody issued", { headers: { ...inHeaders.headers, "x-amz-security-token": "t" } }, {}],
    ["another secret", {}, { credentials: [{ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "other" }] }],
    ["an unknown key", {}, { credentials: [] }],
    ["another region", {}, { region: "eu-west-1" }],
    ["a clock 301 seconds ahead", {}, { now: new Date("2026-11-21T01:56:04Z") }],
    ["a clock 301 seconds behind", {}, { now: new Date("2026-11-21T01:46:02Z") }],
  ])("refuses %s", (_, request, changed) => {
    expect(verifySignature({ ...inHeaders, ...request }, { ...rules, ...changed })).toMatchObject({
      reason: expect.any(String),
    });
  });

  it("tolerates 300 seconds between the clocks, both ways", () => {
    for (const now of ["2026-11-21T01:56:03Z", "2026-11-21T01:46:03Z"])
      expect(verifySignature(inHeaders, { ...rules, now: new Date(now) })).toBeUndefined();
  });

  it.each(["2026-11-21T01:52:53Z", "2026-11-21T01:46:51Z"])("refuses the presigned vector at %s", (now) => {
    expect(verifySignature(presigned, { ...presignedRules, now: new Date(now) })).toMatchObject({
      reason: expect.any(String),
    });
  });

  it("refuses a presigned URL that is valid for too long", () => {
    expect(verifySignature(presigned, { ...presignedRules, presignMaxSeconds: 59 })).toMatchObject({
      reason: expect.any(String),
    });
  });

  it("tells a missing signature from a bad one", () => {
    expect(verifySignature({ ...inHeaders, headers: { host: "127.0.0.1" } }, rules)).toBe("missing");
  });
});
