import { describe, expect, it } from "vitest";
import {
  checkTarget,
  localShellUrl,
  parseRuntimeArn,
  shellUrl,
} from "../../../../../daemon/upstream/service/endpoint.js";
import type { AgentCoreTarget } from "../../../../../daemon/upstream/target.js";

const ids = { runtimeSessionId: "s".repeat(36), shellId: "sh1" };
const arn = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-AbC";
const target: AgentCoreTarget = { kind: "agentcore", region: "us-west-2", runtimeArn: arn };
const path =
  "/runtimes/arn%3Aaws%3Abedrock-agentcore%3Aus-west-2%3A123456789012%3Aruntime%2Fmy-agent-AbC/ws/shells";

describe("shellUrl", () => {
  it("encodes the ARN as one segment and names endpoint and shell", () => {
    expect(shellUrl(target, ids).href).toBe(
      `wss://bedrock-agentcore.us-west-2.amazonaws.com${path}?qualifier=DEFAULT&shellId=sh1`,
    );
    expect(shellUrl({ ...target, qualifier: "prod" }, ids).search).toBe("?qualifier=prod&shellId=sh1");
  });

  it.each([
    ["aws-cn", "cn-north-1", "bedrock-agentcore.cn-north-1.amazonaws.com.cn"],
    ["aws-us-gov", "us-gov-west-1", "bedrock-agentcore.us-gov-west-1.amazonaws.com"],
    ["aws-eusc", "eusc-de-east-1", "bedrock-agentcore.eusc-de-east-1.amazonaws.eu"],
  ])("knows the host of partition %s", (partition, region, host) => {
    const runtimeArn = `arn:${partition}:bedrock-agentcore:${region}:123456789012:runtime/x-1`;
    expect(shellUrl({ kind: "agentcore", region, runtimeArn }, ids).host).toBe(host);
  });

  it.each([
    ["http://127.0.0.1:8123", `ws://127.0.0.1:8123${path}`],
    ["http://127.0.0.1:8123/", `ws://127.0.0.1:8123${path}`],
    ["ws://localhost:1//", `ws://localhost:1${path}`],
    ["http://[::1]:9", `ws://[::1]:9${path}`],
    ["https://vpce.example.com", `wss://vpce.example.com${path}`],
    ["https://vpce.example.com:8443/stage/", `wss://vpce.example.com:8443/stage${path}`],
  ])("takes the endpoint %s", (endpointUrl, expected) => {
    expect(shellUrl({ ...target, endpointUrl }, ids).href).toBe(`${expected}?qualifier=DEFAULT&shellId=sh1`);
  });

  it.each([
    "http://example.com",
    "ws://10.0.0.1",
    "http://127.0.0.1.example.com",
    "ftp://127.0.0.1",
    "127.0.0.1:80",
    "https://u:p@example.com",
    "https://example.com/?x=1",
    "",
  ])("refuses the endpoint '%s'", (endpointUrl) => {
    expect(() => checkTarget({ ...target, endpointUrl })).toThrow(expect.objectContaining({ code: "usage" }));
  });

  it("does not repeat a password", () => {
    expect(() => checkTarget({ ...target, endpointUrl: "https://u:hunter2@h" })).not.toThrow(/hunter2/);
  });

  it("refuses a region that is not the ARN's", () => {
    expect(() => checkTarget({ ...target, region: "eu-west-1" })).toThrow(
      "the runtime is in us-west-2, but the region given is eu-west-1 · leave out --region",
    );
  });
});

describe("parseRuntimeArn", () => {
  it("returns the parts", () => {
    expect(parseRuntimeArn(arn)).toEqual({
      partition: "aws",
      region: "us-west-2",
      accountId: "123456789012",
      runtimeId: "my-agent-AbC",
    });
  });

  it.each([
    ["my-agent", "it looks like"],
    ["arn:aws:bedrock:us-west-2:123456789012:runtime/x", "the service must be"],
    ["arn:nope:bedrock-agentcore:us-west-2:123456789012:runtime/x", "partition"],
    ["arn:__proto__:bedrock-agentcore:us-west-2:123456789012:runtime/x", "partition"],
    ["arn:aws:bedrock-agentcore::123456789012:runtime/x", "region"],
    ["arn:aws:bedrock-agentcore:us-west-2:1234:runtime/x", "12 digits"],
    ["arn:aws:bedrock-agentcore:us-west-2:123456789012:harness/x", "harness shells are not supported"],
    ["arn:aws:bedrock-agentcore:us-west-2:123456789012:memory/x", "must end in runtime/ID"],
    ["arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/", "id has letters"],
    ["arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/a b", "id has letters"],
    ["arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/x/runtime-endpoint/y", "--qualifier"],
    [`${arn}\u001b[2J`, "\\^\\["],
  ])("refuses %s in words", (text, words) => {
    const parse = () => parseRuntimeArn(text);
    expect(parse).toThrow(expect.objectContaining({ code: "bad_arn" }));
    expect(parse).toThrow(new RegExp(words));
  });
});

describe("localShellUrl", () => {
  it("names the local runtime", () => {
    expect(localShellUrl(ids).pathname).toBe(
      "/runtimes/arn%3Aaws%3Abedrock-agentcore%3Alocal%3A000000000000%3Aruntime%2Flocal/ws/shells",
    );
  });
});
