// What stays uncertain from one connection to the next.
import { expect, it } from "vitest";
import { Aftermath } from "../../../../daemon/upstream/aftermath.js";
import type { ConnectionEnd } from "../../../../daemon/upstream/outcome.js";

const closed = (started: boolean): ConnectionEnd => ({
  kind: "closed",
  code: 1011,
  reason: "",
  ageMs: 5,
  closeFrame: false,
  killed: false,
  started,
});
const certain = (endedAt: number) => ({
  inputInDoubt: 0,
  outputInDoubtSince: undefined,
  lastOutputAt: undefined,
  endedAt,
});

it("keys in doubt are said once", () => {
  const aftermath = new Aftermath();
  expect(aftermath.takeInputInDoubt()).toEqual({});
  aftermath.update(closed(true), { ...certain(10), inputInDoubt: 7 });
  expect(aftermath.takeInputInDoubt()).toEqual({ inDoubt: 7 });
  expect(aftermath.takeInputInDoubt()).toEqual({});
});

it("a connection on which the server never spoke ends no doubt about the one before", () => {
  const aftermath = new Aftermath();
  aftermath.update(closed(true), { ...certain(2_000), outputInDoubtSince: 1_000, lastOutputAt: 900 });
  aftermath.update(closed(false), certain(3_000));
  expect(aftermath.uncertainty).toMatchObject({
    outputInDoubtSince: 1_000,
    lastOutputAt: 900,
    endedAt: 3_000,
  });
  aftermath.update(closed(true), certain(4_000));
  expect(aftermath.uncertainty).toEqual(certain(4_000));
});

it("an upgrade whose answer was lost makes the output since the last connection doubtful, one that reached nobody does not", () => {
  const aftermath = new Aftermath();
  aftermath.update(closed(true), certain(2_000));
  aftermath.update({ kind: "failed", code: "ENOTFOUND", message: "" }, certain(2_100));
  expect(aftermath.uncertainty?.outputInDoubtSince).toBeUndefined();
  aftermath.update({ kind: "failed", code: "ECONNRESET", message: "" }, certain(2_200));
  expect(aftermath.uncertainty?.outputInDoubtSince).toBe(2_000);
});
