// What is said of a shell in one word or two, whoever says it.
import { expect, it } from "vitest";
import { stateText, whereText } from "../../../shared/shell-text.js";
import { SHELL } from "../../support/fake-daemon.js";

const loud = (reason: string) => reason.toUpperCase();

it("says how a shell is, and why where that is of use", () => {
  expect(stateText({ ...SHELL, state: "live", reason: "old" }, loud)).toBe("live");
  expect(stateText({ ...SHELL, state: "asleep" }, loud)).toBe("asleep");
  expect(stateText({ ...SHELL, state: "reconnecting", reason: "no route" }, loud)).toBe(
    "reconnecting (NO ROUTE)",
  );
  expect(stateText({ ...SHELL, state: "ended", exitCode: 0 }, loud)).toBe("ended 0");
  expect(stateText({ ...SHELL, state: "ended", exitCode: 137, signal: 9 }, loud)).toBe("ended SIGKILL");
  expect(stateText({ ...SHELL, state: "ended" }, loud)).toBe("ended ?");
});

it("says where a shell is", () => {
  const runtimeArn = "arn:aws:bedrock-agentcore:eu-west-1:123456789012:runtime/dev-x";
  expect(whereText({ ...SHELL, kind: "local" })).toBe("local");
  expect(whereText({ ...SHELL, kind: "agentcore", runtimeArn, region: "eu-west-1" })).toBe("eu-west-1/dev-x");
  expect(whereText({ ...SHELL, kind: "agentcore" })).toBe("agentcore");
});
