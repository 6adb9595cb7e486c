import { describe, expect, it } from "vitest";
import {
  type OpenFacts,
  verdictAfterConfirmation,
  verdictAtOpen,
} from "../../../../daemon/upstream/verdict.js";

const asked = { runtimeSessionId: "s".repeat(36), shellId: "sh1" };
const again: OpenFacts = {
  first: false,
  asked,
  answered: asked,
  have: undefined,
  epoch: undefined,
  attachOnly: false,
};
const have = { epoch: "e1", offset: 5 };

describe("verdictAtOpen", () => {
  it.each<[string, Partial<OpenFacts>, string]>([
    ["the very first connect", { first: true }, "first"],
    ["no hint at all", {}, "unknown"],
    ["a 101 without id headers", { answered: {} }, "unknown"],
    ["another shell id", { answered: { shellId: "sh2" } }, "new"],
    ["another session id", { answered: { runtimeSessionId: "t".repeat(36) } }, "new"],
    ["the epoch we have", { have, epoch: "e1" }, "same"],
    ["another epoch", { have, epoch: "e2" }, "new"],
    ["an epoch, but nothing to compare it with", { epoch: "e1" }, "unknown"],
    ["a server that may not create shells", { attachOnly: true, epoch: "e1" }, "same"],
    ["the same, with an epoch that is not ours", { attachOnly: true, have, epoch: "e2" }, "new"],
  ])("%s → as expected", (_case, facts, verdict) => {
    expect(verdictAtOpen({ ...again, ...facts })).toBe(verdict);
  });
});

describe("verdictAfterConfirmation", () => {
  it.each([
    ["unknown", true, "same"],
    ["unknown", false, "new"],
    ["unknown", undefined, "unknown"],
    ["same", false, "same"],
    ["new", true, "new"],
    ["first", false, "first"],
    ["first", true, "first"],
  ] as const)("%s and reconnected:%s → %s", (before, reconnected, after) => {
    expect(verdictAfterConfirmation(before, reconnected, false)).toBe(after);
  });

  it("does not call it the same shell when another one may have come between", () => {
    expect(verdictAfterConfirmation("unknown", true, true)).toBe("unknown");
    expect(verdictAfterConfirmation("unknown", false, true)).toBe("new");
    expect(verdictAfterConfirmation("same", true, true)).toBe("same");
  });
});
