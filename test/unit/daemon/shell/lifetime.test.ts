// How many places of a runtime are said to be in use.
import { expect, it } from "vitest";
import { withRuntimeFacts } from "../../../../daemon/shell/lifetime.js";
import type { ShellRecord } from "../../../../daemon/shell/state/shell-record.js";
import type { ShellInfo } from "../../../../shared/rpc.js";

const shell = (name: string, more: Partial<ShellInfo> = {}) =>
  ({
    name,
    kind: "agentcore",
    runtimeArn: "arn:x",
    runtimeSessionId: name,
    state: "live",
    ...more,
  }) as ShellInfo;

it("counts the shells of the same runtime that hold a place, and none of another service with the same ARN", () => {
  const mine = shell("mine");
  const all = [
    mine,
    shell("beside"),
    shell("asleep", { state: "asleep" }),
    shell("over", { state: "ended" }),
    shell("waits", { state: "capacity" }),
    shell("elsewhere", { runtimeArn: "arn:y" }),
    shell("test", { endpointUrl: "http://127.0.0.1:8080" }),
  ];
  expect(withRuntimeFacts(mine, {} as ShellRecord, all, 1000).slots).toEqual({ used: 3, limit: 10 });
});
