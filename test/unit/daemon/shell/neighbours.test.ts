// Which shells are named when there is no place for another: only those whose end makes one.
import { expect, it } from "vitest";
import { neighboursOf } from "../../../../daemon/shell/neighbours.js";
import type { ShellRecord } from "../../../../daemon/shell/state/shell-record.js";
import type { ShellInfo } from "../../../../shared/rpc.js";

const ARN = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1";
const record = {
  shellId: "mine",
  runtimeSessionId: "here",
  target: { kind: "agentcore", runtimeArn: ARN, region: "us-west-2" },
} as ShellRecord;
const shell = (name: string, runtimeSessionId: string, more: Partial<ShellInfo> = {}) =>
  ({ name, shellId: name, runtimeSessionId, runtimeArn: ARN, state: "live", ...more }) as ShellInfo;

it("names those of the same runtime session alone: whatever the limit counts, they are in it", () => {
  const shells = [shell("far", "there"), shell("a", "here"), shell("b", "here", { state: "asleep" })];
  expect(neighboursOf(record, shells)).toEqual(["a", "b"]);
});

it("names those of the runtime's other sessions when it has none in its own", () => {
  expect(neighboursOf(record, [shell("far", "there"), shell("mine", "here")])).toEqual(["far"]);
});

it("names none that holds no place, or one elsewhere", () => {
  const shells = [
    shell("over", "here", { state: "ended" }),
    shell("waits", "here", { state: "capacity" }),
    shell("other", "here", { runtimeArn: `${ARN}x` }),
    shell("test", "here", { endpointUrl: "http://127.0.0.1:8080" }),
  ];
  expect(neighboursOf(record, shells)).toEqual([]);
  expect(neighboursOf({ ...record, target: { kind: "local" } } as ShellRecord, shells)).toEqual([]);
});
